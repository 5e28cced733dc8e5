"""``headrace check``: what a use case would deploy, and what about it is risky."""
