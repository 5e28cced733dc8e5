"""The names of the look-up table's own attributes, which its stack and its readers share."""

PARTITION_KEY, EXPIRY = "reading_of", "expires_at"
