"""Packed window states of a whole history: what the stream would hold, had it seen everything up to a moment."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from headrace.usecase import Source, UseCase
from headrace.windows import EventState, LabelState, Layout, compile_layout, encode
from headrace.windows_columnar.tables import ordered_events, ordered_labels


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
    table = ordered_events(usecase, events)
    table = table[table[usecase.event.timestamp] < at]
    known = ordered_labels(usecase, labels)
    known = known[known["labelled_at"] < at]
    for entity in usecase.entities:
        layout = compile_layout(usecase, entity.name, "events")
        if layout.tracks:
            for key, rows in _groups(table, entity.key):
                yield EntityState(entity.name, key, "events", encode(_events(usecase, layout, rows)), len(rows))
        layout = compile_layout(usecase, entity.name, "labels")
        if layout.tracks:
            for key, rows in _groups(known, entity.key):
                yield EntityState(entity.name, key, "labels", encode(_labels(usecase, layout, rows)), len(rows))


def _groups(table: pd.DataFrame, key: str) -> Iterator[tuple[str, pd.DataFrame]]:
    codes, keys = pd.factorize(table[key])
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes, minlength=len(keys)))
    by_key = table.take(order)
    for name, first, last in zip(keys, np.concatenate(([0], ends[:-1])), ends, strict=True):
        yield str(name), by_key.iloc[first:last]


def _events(usecase: UseCase, layout: Layout, rows: pd.DataFrame) -> EventState:
    shape, state = usecase.event, EventState(layout)
    times = rows[shape.timestamp].to_numpy()
    reach = times[-1] - layout.retention_s
    # The newest events are kept however old they are; of the others only what a window can reach.
    first = min(int(np.searchsorted(times, reach, side="right")), max(0, len(rows) - layout.newest))
    rows = rows.iloc[first:]
    columns = {name: [None if math.isnan(value) else value for value in rows[name].tolist()] for name in layout.fields}
    for index, (timestamp, event_id) in enumerate(zip(times[first:].tolist(), rows[shape.id].tolist(), strict=True)):
        state.fold(timestamp=timestamp, event_id=event_id, values={name: columns[name][index] for name in columns})
    return state


def _labels(usecase: UseCase, layout: Layout, rows: pd.DataFrame) -> LabelState:
    shape, state = usecase.event, LabelState(layout)
    rows = rows[rows[shape.timestamp] > rows[shape.timestamp].max() - layout.retention_s]
    for timestamp, event_id, value, labelled_at in zip(
        rows[shape.timestamp].tolist(),
        rows[shape.id].tolist(),
        rows[usecase.label.field].tolist(),
        rows["labelled_at"].tolist(),
        strict=True,
    ):
        state.fold(timestamp=timestamp, event_id=event_id, value=value, labelled_at=labelled_at)
    return state
