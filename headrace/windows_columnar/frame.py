"""Feature vectors of every event of a history, for training: what the stream would have answered, in one pass."""

import numpy as np
import pandas as pd

from headrace.calendar import PARTS
from headrace.usecase import Entity, UseCase
from headrace.windows_columnar.aggregation import Columns, aggregate
from headrace.windows_columnar.ranges import Points, event_ranges, label_ranges, points, sorted_keys
from headrace.windows_columnar.tables import Floats, last_labels, ordered_events, ordered_labels

_HOUR_S = 3_600


def training_frame(usecase: UseCase, events: pd.DataFrame, labels: pd.DataFrame | None = None) -> pd.DataFrame:
    """The feature vector of every event, as it is once all events up to it have arrived.

    Args:
        usecase: whose features.
        events: one row per event with the use case's fields; times in seconds or datetimes. Any order.
        labels: one row per label: the event's id and time, every entity's key, the label field and, if there are
            corrections, ``labelled_at``. A label counts from its event's time plus the window's delay; of several the
            last given. None means that label windows are empty.

    Returns:
        Event id, timestamp (int64 seconds), entity keys, then every feature as float64 (missing: NaN), ordered by
        (timestamp, event id).

    Raises:
        KeyError: if a needed column is absent.
    """
    table = ordered_events(usecase, events)
    known = ordered_labels(usecase, labels)
    times = table[usecase.event.timestamp].to_numpy()
    columns: Columns = {name: table[name].to_numpy() for name in usecase.inputs}
    for part in usecase.calendar:
        hours, hour_of = np.unique(times // _HOUR_S, return_inverse=True)  # no part changes within an hour
        columns[part] = np.array([PARTS[part](int(hour) * _HOUR_S) for hour in hours], dtype=np.float64)[hour_of]
    for entity in usecase.entities:
        columns |= _of_entity(usecase, entity, table, known)
    described = dict.fromkeys((usecase.event.id, usecase.event.timestamp, *(it.key for it in usecase.entities)))
    return pd.DataFrame(
        {name: table[name] for name in described} | {name: columns[name] for name in usecase.feature_names}
    )


def _of_entity(usecase: UseCase, entity: Entity, table: pd.DataFrame, labels: pd.DataFrame) -> Columns:
    own = [feature for feature in usecase.window_features if feature.entity == entity.name]
    labels = last_labels(usecase, labels, entity.key)
    keys = pd.concat([table[entity.key], labels[entity.key]], ignore_index=True)
    codes = pd.factorize(keys)[0].astype(np.int64)
    of_events, of_labels = codes[: len(table)], codes[len(table) :]
    at = points(of_events, table[usecase.event.timestamp].to_numpy(), table[usecase.event.id].to_numpy())
    order = np.argsort(of_labels, kind="stable")
    label_keys = sorted_keys(of_labels[order], labels[usecase.event.timestamp].to_numpy()[order])
    on_events = [feature for feature in own if feature.source == "events"]
    on_labels = [feature for feature in own if feature.source == "labels"]
    columns = aggregate(on_events, [event_ranges(at, it) for it in on_events], table.take(at.rows))
    columns |= aggregate(on_labels, [label_ranges(label_keys, at, it) for it in on_labels], labels.take(order))
    return {name: _unsorted(values, at) for name, values in columns.items()}


def _unsorted(values: Floats, at: Points) -> Floats:
    column = np.empty_like(values)
    column[at.rows] = values
    return column
