"""Lookup inbox: files of readings into the table from which events are filled, and into the lake."""
