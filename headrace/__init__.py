"""The domain of Headrace: use cases, events, window features and decisions. Imports no AWS library."""
