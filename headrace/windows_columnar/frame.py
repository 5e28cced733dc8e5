"""Feature vectors of a history, for training: what the stream would have answered, in one pass."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from headrace.usecase import Entity, Source, UseCase, WindowFeature
from headrace.windows_columnar.aggregation import Columns, event_features
from headrace.windows_columnar.columns import Floats, Integers, calendar_part, floats, seconds, texts, values
from headrace.windows_columnar.expressions import expressed
from headrace.windows_columnar.label_windows import label_features
from headrace.windows_columnar.ranges import points, timeline
from headrace.windows_columnar.rows import Rows
from headrace.windows_columnar.tables import ordered_events, ordered_labels, without_duplicates


def training_frame(
    usecase: UseCase,
    events: pd.DataFrame,
    labels: pd.DataFrame | None = None,
    *,
    since: int | None = None,
    until: int | None = None,
) -> pd.DataFrame:
    """The feature vector of every event, as it is once all events up to it have arrived.

    Args:
        usecase: whose features.
        events: one row per event with the use case's fields; times in seconds or datetimes. Any order. Copies are
            dropped as ``without_duplicates`` does, where the use case asks for it.
        labels: one row per version of a label: the event's id and time, every entity's key, the label field and
            ``labelled_at``, when it was given (by default the label's delay after the event). A version counts for
            events from then on, not before the window's delay has passed since the labelled event, until the next
            version is given. None means that label windows are empty.
        since: first second of the events to return; older ones fill their windows. None: all.
        until: the second before which the events to return end. None: all.

    Returns:
        Event id, timestamp (int64 seconds), entity keys, fields of facets (texts as they are, else float64), then every
        feature as float64 (missing: NaN), ordered by (timestamp, event id).

    Raises:
        KeyError: if a needed column is absent.
        RejectedError: if a time is missing or a label is neither 0 nor 1.
    """
    events = without_duplicates(usecase, events)
    table = ordered_events(usecase, _between(usecase, events, since, until), usecase.entities)
    first = 0 if since is None else int(np.searchsorted(table[usecase.event.timestamp].to_numpy(), since))
    columns: Columns = {}
    for entity in usecase.entities:
        columns |= _of_entity(usecase, entity, table, labels, first)
    return _assembled(usecase, table.iloc[first:].reset_index(drop=True), columns, ())


def per_entity_features(
    usecase: UseCase,
    entity: str,
    events: pd.DataFrame,
    labels: pd.DataFrame | None = None,
    *,
    row: str,
    since: int | None = None,
    until: int | None = None,
) -> pd.DataFrame:
    """The window features of one entity kind: the part of ``training_frame`` that can be computed group by group.

    Call it per group of entities, join the results of all entity kinds by ``row``, then call ``assembled``. Drop copies
    (``without_duplicates``) before grouping: only the primary entity's group sees all of them.

    Args:
        usecase: whose features.
        entity: the entity's name.
        events: every event of one or more such entities: id, time, this entity's key, the fields that its windows look
            at, and the column ``row``.
        labels: as for ``training_frame``, but only this entity's key is needed.
        row: the name of a column that identifies a row of ``events``.
        since: as for ``training_frame``.
        until: as for ``training_frame``.

    Returns:
        The column ``row`` and the entity's window features as float64, in the use case's order, one row per event.

    Raises:
        KeyError: if there is no such entity, or a needed column is absent.
        RejectedError: as ``training_frame``.
    """
    it = usecase.entity(entity)
    table = ordered_events(usecase, _between(usecase, events, since, until), [it])
    first = 0 if since is None else int(np.searchsorted(table[usecase.event.timestamp].to_numpy(), since))
    columns = _of_entity(usecase, it, table, labels, first)
    return pd.DataFrame({row: table[row].iloc[first:].reset_index(drop=True)} | columns)


def assembled(usecase: UseCase, rows: pd.DataFrame, *, keep: Sequence[str] = ()) -> pd.DataFrame:
    """Complete feature vectors from events and their window features, row by row.

    Args:
        usecase: whose features.
        rows: events with id, time, entity keys, the inputs, and one column per window feature. Any order.
        keep: other columns to keep, in front.

    Returns:
        The columns of ``training_frame`` behind those to keep, in the order and with the index of ``rows``.

    Raises:
        KeyError: if a needed column is absent.
    """
    windows: Columns = {it.name: rows[it.name].to_numpy(np.float64) for it in usecase.window_features}
    return _assembled(usecase, rows, windows, keep)


def _assembled(usecase: UseCase, rows: pd.DataFrame, windows: Columns, keep: Sequence[str]) -> pd.DataFrame:
    shape, times = usecase.event, seconds(rows, usecase.event.timestamp)
    columns: Columns = {name: floats(rows, shape.field(name)) for name in usecase.inputs}
    columns |= {part: calendar_part(times, part) for part in usecase.calendar}
    columns |= windows
    for it in usecase.expressions:
        columns[it.name] = expressed(it, columns)
    described: dict[str, object] = {name: rows[name] for name in keep}
    described |= {shape.id: texts(rows, shape.id), shape.timestamp: times}
    described |= {entity.key: texts(rows, entity.key) for entity in usecase.entities}
    for field in map(shape.field, usecase.facet_fields):
        described[field.name] = values(rows, field) if field.type == "string" else floats(rows, field)
    described |= {name: columns[name] for name in usecase.feature_names}
    return pd.DataFrame(described, index=rows.index, copy=False)


def _between(usecase: UseCase, events: pd.DataFrame, since: int | None, until: int | None) -> pd.DataFrame:
    """The events that the vectors of a range of time depend on."""
    if since is None and until is None:
        return events
    times = seconds(events, usecase.event.timestamp)
    reach = max((it.length_s + it.delay_s + it.resolution_s for it in usecase.window_features), default=0)
    wanted = np.ones(len(times), dtype=bool)
    if since is not None:
        wanted &= times >= since - reach
    if until is not None:
        wanted &= times < until
    return events[wanted]


def _of_entity(
    usecase: UseCase, entity: Entity, table: pd.DataFrame, labels: pd.DataFrame | None, first: int
) -> Columns:
    """The entity's window features of the table's rows from ``first`` on."""
    on_events, on_labels = _features(usecase, entity, "events"), _features(usecase, entity, "labels")
    known = ordered_labels(usecase, labels if on_labels else None, [entity])
    keys = pd.concat([table[entity.key], known[entity.key]], ignore_index=True)
    codes = pd.factorize(keys)[0].astype(np.int64)
    line = timeline(codes[: len(table)], table[usecase.event.timestamp].to_numpy())
    at = points(line, table[usecase.event.id].to_numpy(), first)
    columns = event_features(on_events, Rows(usecase, table, line), at)
    columns |= label_features(usecase, on_labels, known, codes[len(table) :], at)
    places = line.rows[at.at] - first
    return {it.name: _placed(columns[it.name], places) for it in usecase.window_features if it.entity == entity.name}


def _features(usecase: UseCase, entity: Entity, source: Source) -> list[WindowFeature]:
    return [it for it in usecase.window_features if it.entity == entity.name and it.source == source]


def _placed(values: Floats, places: Integers) -> Floats:
    column = np.empty_like(values)
    column[places] = values
    return column
