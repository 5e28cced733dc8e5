"""Packed window states of a whole history: what the stream would hold, had it seen everything up to a moment."""

from bisect import bisect_right
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from headrace.usecase import Event, Source, UseCase
from headrace.windows import EventState, LabelState, Layout, compile_layout, encode
from headrace.windows_columnar.columns import values
from headrace.windows_columnar.tables import ordered_events, ordered_labels, without_duplicates

Rows = dict[str, list[Any]]


class EntityState(NamedTuple):
    """The packed state of one entity and source, and how many records went into it over its lifetime."""

    entity: str
    key: str
    source: Source
    state: bytes
    folded: int


def entity_states(
    usecase: UseCase, events: pd.DataFrame, labels: pd.DataFrame | None, at: int
) -> Iterator[EntityState]:
    """The state of every entity as of a moment.

    Args:
        usecase: whose windows.
        events: as for ``training_frame``; those before ``at`` count.
        labels: as for ``training_frame``; those given before ``at`` count (without ``labelled_at``: the label's delay
            after the event).
        at: the moment, in seconds.

    Yields:
        One state per entity, key and source that has any record; sources that no window looks at are left out.
    """
    shape = usecase.event
    table = ordered_events(usecase, without_duplicates(usecase, events), usecase.entities)
    table = table[table[shape.timestamp] < at]
    known = ordered_labels(usecase, labels, usecase.entities)
    known = known[known["labelled_at"] < at]
    for entity in usecase.entities:
        layout = compile_layout(usecase, entity.name, "events")
        if layout.tracks:
            for key, rows in _groups(_folded(usecase, layout, table, entity.key), entity.key):
                packed = encode(_events(layout, rows, shape))
                yield EntityState(entity.name, key, "events", packed, len(rows[shape.id]))
        layout = compile_layout(usecase, entity.name, "labels")
        if layout.tracks:
            for key, rows in _groups(known, entity.key):
                packed = encode(_labels(layout, rows, usecase))
                yield EntityState(entity.name, key, "labels", packed, len(rows[shape.id]))


def _folded(usecase: UseCase, layout: Layout, table: pd.DataFrame, key: str) -> pd.DataFrame:
    """What is folded of every event: id, time, key, and the layout's fields as plain values."""
    shape = usecase.event
    known = {it.name: values(table, it) for it in shape.fields if it.name in layout.fields}
    return table[list(dict.fromkeys((shape.id, shape.timestamp, key)))].assign(**known)


def _groups(table: pd.DataFrame, key: str) -> Iterator[tuple[str, Rows]]:
    """Each key's rows in the table's order, as lists: slicing lists is many times faster than slicing frames."""
    codes, keys = pd.factorize(table[key])
    counts = np.bincount(codes, minlength=len(keys))
    ends = np.cumsum(counts)
    by_key = table.take(np.argsort(codes, kind="stable"))
    columns = {str(name): by_key[name].tolist() for name in by_key}
    for name, first, last in zip(keys, (ends - counts).tolist(), ends.tolist(), strict=True):
        yield str(name), {column: values[first:last] for column, values in columns.items()}


def _events(layout: Layout, rows: Rows, shape: Event) -> EventState:
    state = EventState(layout)
    times, ids = rows[shape.timestamp], rows[shape.id]
    # The newest events are kept however old they are; of the others only what a window can reach.
    first = min(bisect_right(times, times[-1] - layout.retention_s), max(0, len(times) - layout.newest))
    for index in range(first, len(times)):
        known = {name: rows[name][index] for name in layout.fields}
        state.fold(timestamp=times[index], event_id=ids[index], values=known)
    return state


def _labels(layout: Layout, rows: Rows, usecase: UseCase) -> LabelState:
    state = LabelState(layout)
    times, ids, values = rows[usecase.event.timestamp], rows[usecase.event.id], rows[usecase.label.field]
    for index in range(bisect_right(times, times[-1] - layout.retention_s), len(times)):
        state.fold(
            timestamp=times[index],
            event_id=ids[index],
            value=int(values[index]),
            labelled_at=rows["labelled_at"][index],
        )
    return state
