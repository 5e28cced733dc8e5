"""An event's missing fields, filled with what held at its time."""

from bisect import bisect_right
from collections.abc import Mapping
from typing import cast

from headrace.lookups.readings import NOTHING, LookupKey, Readings, Series
from headrace.schema import Value
from headrace.usecase import FieldType, Lookup, UseCase

_KINDS: Mapping[FieldType, frozenset[type]] = {
    "string": frozenset({str}),
    "integer": frozenset({int}),
    "number": frozenset({int, float}),
    "boolean": frozenset({bool}),
}


def value_at(lookup: Lookup, series: Series, time: int) -> Value:
    """The value that held at an event's time; None if there is none."""
    until = time - lookup.delay_s
    place = bisect_right(series.times, until) - 1
    if place < 0 or (lookup.max_age_s is not None and series.times[place] <= until - lookup.max_age_s):
        return None
    return series.values[place]


def wanted(usecase: UseCase, event: Mapping[str, Value]) -> list[LookupKey]:
    """Whose readings an event needs, because it does not bring all that they fill."""
    return [
        LookupKey(it.name, cast(str, event[it.key]))
        for it in usecase.lookups
        if any(event.get(name) is None for name in it.fields)
    ]


def fill(usecase: UseCase, event: Mapping[str, Value], known: Mapping[LookupKey, Readings]) -> dict[str, Value]:
    """An event with the values that held at its time, in the fields that it does not bring itself.

    Args:
        usecase: whose event it is.
        event: as ``headrace.schema.coerce_event`` returns it.
        known: the readings of every key that it wants; none of a key of which nothing is known.
    """
    filled = dict(event)
    time = cast(int, event[usecase.event.timestamp])
    for it in usecase.lookups:
        readings = known.get(LookupKey(it.name, cast(str, event[it.key])))
        for name in it.fields:
            if readings is not None and event.get(name) is None:
                value = value_at(it, readings.get(name, NOTHING), time)
                # A reading outlives a change of its field's type, and must not fail every event of its key then.
                filled[name] = value if type(value) in _KINDS[usecase.event.field(name).type] else None
    return filled
