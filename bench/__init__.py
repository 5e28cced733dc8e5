"""Reproducible benchmarks: ratios against a named alternative, measured in the same run."""
