"""``headrace rebuild``: window state made anew from the lake, where it is partial, damaged or missing."""
