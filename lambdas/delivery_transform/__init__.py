"""Delivery transform: validates and masks events on their way through Firehose into the lake."""
