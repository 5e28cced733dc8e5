"""Redrive: what was given up goes through the functions again, once the cause is mended."""
