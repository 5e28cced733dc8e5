"""``headrace new``: from a file of events to a use case that runs on it, or to what the file lacks."""
