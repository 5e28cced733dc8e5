"""Enrichment: events into window state, and every event's feature vector, scored, into the lake."""
