"""Event inbox: files of events onto the events stream, so that from there on there is one path."""
