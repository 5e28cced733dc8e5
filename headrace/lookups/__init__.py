"""Values as of an event's own time: the one definition that stream, request, lake and batch share.

A look-up knows readings of keys over time. An event that does not bring a looked-up field gets the value of the newest
reading that was due at its time; what the event brings itself is taken at its word.
"""

from headrace.lookups.filling import fill, value_at, wanted
from headrace.lookups.packing import decode, encode
from headrace.lookups.readings import (
    GIVEN_AT,
    NOTHING,
    LookupKey,
    Reading,
    Readings,
    Series,
    coerce_reading,
    gather,
    merge,
    most_readings,
    prune,
)

__all__ = [
    "GIVEN_AT",
    "NOTHING",
    "LookupKey",
    "Reading",
    "Readings",
    "Series",
    "coerce_reading",
    "decode",
    "encode",
    "fill",
    "gather",
    "merge",
    "most_readings",
    "prune",
    "value_at",
    "wanted",
]
