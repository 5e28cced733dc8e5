"""Monitoring: what a run of a monitor reads, and what it found as metrics."""
