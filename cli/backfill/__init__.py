"""``headrace backfill``: a history becomes what the platform would hold, had the stream carried it."""
