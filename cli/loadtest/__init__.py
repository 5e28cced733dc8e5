"""``headrace loadtest``: steady load on the inference API, every answer checked, while things go wrong on purpose."""
