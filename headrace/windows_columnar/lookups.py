"""Looked-up values of many events at once; equal to ``headrace.lookups`` event by event."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from headrace.lookups import GIVEN_AT
from headrace.usecase import Field, Lookup, UseCase

_TIME_BITS = 33
"""Times lie below 2200, in seconds."""
_KINDS: Mapping[str, type] = {"number": float, "integer": np.int64, "boolean": bool}


def look_up(usecase: UseCase, events: pd.DataFrame, readings: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Fill looked-up fields where events do not bring them.

    Args:
        usecase: whose events they are.
        events: one row per event, with event times in epoch seconds and every look-up's key; looked-up columns may be
            absent.
        readings: by look-up's name, the key, the time (named as the event's), the fields and, where corrections are to
            count, ``given_at``; times are epoch seconds.

    Returns:
        The events with every look-up's fields, missing where neither the event nor a reading has a value.
    """
    filled = {}
    for lookup in usecase.lookups:
        for name in lookup.fields:
            found = _as_of(usecase, lookup, name, events, readings.get(lookup.name))
            whole = events[name].where(events[name].notna(), found) if name in events else found
            filled[name] = _typed(whole, usecase.event.field(name))
    return events.assign(**filled)


def _as_of(
    usecase: UseCase, lookup: Lookup, name: str, events: pd.DataFrame, readings: pd.DataFrame | None
) -> pd.Series:
    timestamp = usecase.event.timestamp
    found = pd.Series(np.full(len(events), None, dtype=object), index=events.index)
    if readings is None or name not in readings or not readings[name].notna().any() or events.empty:
        return found
    rank = [GIVEN_AT] if GIVEN_AT in readings else []
    own = readings[readings[name].notna()].sort_values([timestamp, *rank, name], kind="stable")
    codes, _ = pd.factorize(pd.concat([own[lookup.key], events[lookup.key]], ignore_index=True))
    given = (codes[: len(own)].astype(np.int64) << _TIME_BITS) + own[timestamp].to_numpy(np.int64)
    order = np.argsort(given, kind="stable")
    given, values = given[order], own[name].to_numpy(dtype=object)[order]
    first = codes[len(own) :].astype(np.int64) << _TIME_BITS
    until = events[timestamp].to_numpy(np.int64) - lookup.delay_s
    place = np.searchsorted(given, first + until, side="right") - 1
    oldest = first if lookup.max_age_s is None else np.maximum(first, first + until - lookup.max_age_s + 1)
    holds = (place >= 0) & (until >= 0) & (given[np.maximum(place, 0)] >= oldest)
    found[holds] = values[place[holds]]
    return found


def _typed(column: pd.Series, field: Field) -> pd.Series:
    """As files of events are read: text with None where missing; numbers and truths with NaN there."""
    if field.type == "string":
        return column.astype(object).where(column.notna(), None)
    return column.astype(float if column.isna().any() else _KINDS[field.type])
