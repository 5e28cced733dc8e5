"""The Lambda functions: one folder per function, what they have in common in ``shared``."""
