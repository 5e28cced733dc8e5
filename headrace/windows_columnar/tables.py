"""Events and labels as they come in data frames, brought to one shape: sorted, seconds, text ids and keys."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from headrace.errors import RejectedError
from headrace.usecase import Entity, UseCase
from headrace.windows_columnar.columns import Integers, Objects, seconds, texts

_ARRIVAL = ("arrived_at", "sequence_number")


def ordered_events(usecase: UseCase, events: pd.DataFrame, entities: Sequence[Entity]) -> pd.DataFrame:
    """The events in the order of time and id, with times in seconds and ids and keys as text; other columns as given.

    Raises:
        KeyError: if id, time or an entity's key is not a column.
    """
    shape = usecase.event
    ids, times = texts(events, shape.id), seconds(events, shape.timestamp)
    order = _order(times, ids)
    columns: dict[str, object] = {str(name): column.array.take(order) for name, column in events.items()}
    columns |= {entity.key: texts(events, entity.key)[order] for entity in entities}
    return pd.DataFrame(columns | {shape.id: ids[order], shape.timestamp: times[order]})


def _order(times: Integers, ids: Objects) -> Integers:
    """Ascending by time, then id. Texts are slow to sort, so only those that share a second are."""
    order = np.argsort(times, kind="stable")
    same = np.diff(times[order]) == 0
    tied = np.flatnonzero(np.append(same, False) | np.append(False, same))
    rows = order[tied]
    order[tied] = rows[np.lexsort((ids[rows], times[rows]))]
    return order


def without_duplicates(usecase: UseCase, events: pd.DataFrame) -> pd.DataFrame:
    """The events without the copies that the use case wants dropped, in the given order.

    Of the copies of one event id of one primary entity the first by time counts, then by ``arrived_at`` and
    ``sequence_number`` where these are columns.

    Args:
        usecase: says whether copies are dropped; if not, all events come back.
        events: with id, time and the primary entity's key.
    """
    shape = usecase.event
    if not shape.drop_duplicates:
        return events
    identity = pd.DataFrame({name: texts(events, name) for name in (usecase.primary.key, shape.id)})
    if not identity.duplicated().any():
        return events
    arrival = [events[name].to_numpy() for name in _ARRIVAL if name in events]
    first = np.lexsort((*reversed(arrival), seconds(events, shape.timestamp)))
    kept = identity.take(first).drop_duplicates().index.to_numpy()
    return events.iloc[np.sort(kept)]


def ordered_labels(usecase: UseCase, labels: pd.DataFrame | None, entities: Sequence[Entity]) -> pd.DataFrame:
    """The labels in the order of the labelled events' times.

    Returns:
        The event's id, its time in seconds, the entities' keys, the label (0 or 1) and ``labelled_at`` (by default
        time plus delay), both int64. Rows without a label are left out.

    Raises:
        KeyError: if one of them, other than ``labelled_at``, is not a column.
        RejectedError: if a label is neither 0 nor 1.
    """
    shape, label = usecase.event, usecase.label
    names = (shape.id, *(entity.key for entity in entities))
    if labels is None:
        labels = pd.DataFrame({name: [] for name in (*names, shape.timestamp, label.field)})
    labels = labels[labels[label.field].notna()]
    truth = labels[label.field].to_numpy(np.float64)
    if not np.isin(truth, (0, 1)).all():
        raise RejectedError("is neither 0 nor 1 in some rows: mend them or leave them out", field=label.field)
    times = seconds(labels, shape.timestamp)
    columns: dict[str, object] = {name: texts(labels, name) for name in names}
    columns |= {shape.timestamp: times, label.field: truth.astype(np.int64)}
    columns["labelled_at"] = seconds(labels, "labelled_at") if "labelled_at" in labels else times + label.delay_s
    return pd.DataFrame(columns).sort_values(shape.timestamp, kind="stable", ignore_index=True)
