"""Looked-up values of many events at once; equal to ``headrace.lookups`` event by event."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from headrace.usecase import Lookup, UseCase

GIVEN_AT, LINE = "given_at", "line"
"""Columns of readings that say which of two for the same time counts: the later, then the one further down."""
_TIME_BITS = 33
"""Times lie below 2200, in seconds."""


def look_up(usecase: UseCase, events: pd.DataFrame, readings: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Fill looked-up fields where events do not bring them.

    Args:
        usecase: whose events they are.
        events: one row per event, with event times in epoch seconds and every look-up's key; looked-up columns may be
            absent.
        readings: by look-up's name, the key, the time (named as the event's, epoch seconds) and the fields; where
            ``given_at`` and ``line`` are absent, the order of rows says what counts.

    Returns:
        The events with every look-up's fields, missing where neither the event nor a reading has a value.
    """
    filled = {}
    for lookup in usecase.lookups:
        known = _ranked(usecase, lookup, readings.get(lookup.name))
        for name in lookup.fields:
            found = _as_of(usecase, lookup, name, events, known)
            filled[name] = _typed(events[name].where(events[name].notna(), found) if name in events else found)
    return events.assign(**filled)


def _ranked(usecase: UseCase, lookup: Lookup, readings: pd.DataFrame | None) -> pd.DataFrame:
    """Readings in the order of their key, time and rank."""
    names = [lookup.key, usecase.event.timestamp]
    if readings is None:
        return pd.DataFrame({name: [] for name in (*names, *lookup.fields)})
    rank = [name for name in (GIVEN_AT, LINE) if name in readings]
    return readings.sort_values([*names, *rank], kind="stable")


def _as_of(usecase: UseCase, lookup: Lookup, name: str, events: pd.DataFrame, readings: pd.DataFrame) -> pd.Series:
    timestamp = usecase.event.timestamp
    found = pd.Series(np.full(len(events), None, dtype=object), index=events.index)
    if name not in readings or events.empty:
        return found
    own = readings[readings[name].notna()]
    codes, _ = pd.factorize(pd.concat([own[lookup.key], events[lookup.key]], ignore_index=True))
    given = (codes[: len(own)].astype(np.int64) << _TIME_BITS) + own[timestamp].to_numpy(np.int64)
    order = np.argsort(given, kind="stable")  # keys are ranked by their text, codes by their first appearance
    until = events[timestamp].to_numpy(np.int64) - lookup.delay_s
    first = codes[len(own) :].astype(np.int64) << _TIME_BITS
    place = np.searchsorted(given[order], first + until, side="right") - 1
    if not len(own):
        return found
    reached = given[order][np.maximum(place, 0)]
    oldest = first if lookup.max_age_s is None else np.maximum(first, first + until - lookup.max_age_s + 1)
    holds = (place >= 0) & (until >= 0) & (reached >= oldest)
    values = own[name].to_numpy(dtype=object)[order]
    found[holds] = values[place[holds]]
    return found


def _typed(column: pd.Series) -> pd.Series:
    """Numbers as numbers, with NaN where missing; texts as they are."""
    return column.infer_objects() if column.notna().all() else _with_gaps(column)


def _with_gaps(column: pd.Series) -> pd.Series:
    known = column.dropna()
    if len(known) and isinstance(known.iloc[0], str):
        return column.astype(object).where(column.notna(), None)
    return column.astype(float)
