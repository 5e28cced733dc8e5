"""``headrace monitor``: hold any table against a baseline, without an AWS account."""
