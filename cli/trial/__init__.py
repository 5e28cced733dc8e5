"""``headrace trial``: how the challenger on trial stands, and the end of its trial."""
