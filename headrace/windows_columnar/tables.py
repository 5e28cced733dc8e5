"""Events and labels as they come in data frames, brought to one shape: sorted, seconds, float64 values."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from headrace.usecase import UseCase

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def seconds(table: pd.DataFrame, name: str) -> Integers:
    """A column of times as whole seconds since the epoch: integers as they are, datetimes floored (naive is UTC)."""
    if table[name].dtype.kind == "M":
        return pd.to_datetime(table[name], utc=True).to_numpy("datetime64[s]").astype(np.int64)
    return table[name].to_numpy(np.int64)


def floats(table: pd.DataFrame, name: str) -> Floats:
    """A column of numbers or booleans as float64; missing is NaN."""
    return table[name].to_numpy(np.float64, na_value=np.nan).astype(np.float64, copy=False)


def ordered_events(usecase: UseCase, events: pd.DataFrame) -> pd.DataFrame:
    """The events in the order of time and id, times in seconds, ids and keys as text, with a fresh index.

    Raises:
        KeyError: if a field of the use case that features need is not a column.
    """
    shape = usecase.event
    texts = dict.fromkeys((shape.id, *(entity.key for entity in usecase.entities)))
    values = dict.fromkeys(
        (*usecase.inputs, *(it.over for it in usecase.window_features if it.source == "events" and it.over is not None))
    )
    columns: dict[str, object] = {name: events[name].astype(str).to_numpy(dtype=object) for name in texts}
    columns[shape.timestamp] = seconds(events, shape.timestamp)
    columns |= {name: floats(events, name) for name in values}
    table = pd.DataFrame(columns)
    order = np.lexsort((table[shape.id].to_numpy(dtype=object), table[shape.timestamp].to_numpy()))
    return table.take(order).reset_index(drop=True)


def ordered_labels(usecase: UseCase, labels: pd.DataFrame | None) -> pd.DataFrame:
    """The labels in the order of the labelled events' times, with ``labelled_at`` (by default time plus delay)."""
    shape, label = usecase.event, usecase.label
    texts = (shape.id, *(entity.key for entity in usecase.entities))
    if labels is None:
        labels = pd.DataFrame({name: [] for name in (*texts, shape.timestamp, label.field)})
    columns: dict[str, object] = {name: labels[name].astype(str).to_numpy(dtype=object) for name in texts}
    times = seconds(labels, shape.timestamp)
    columns[shape.timestamp] = times
    columns[label.field] = floats(labels, label.field)
    columns["labelled_at"] = seconds(labels, "labelled_at") if "labelled_at" in labels else times + label.delay_s
    return pd.DataFrame(columns).sort_values(shape.timestamp, kind="stable", ignore_index=True)


def last_labels(usecase: UseCase, labels: pd.DataFrame, key: str) -> pd.DataFrame:
    """The last label of every event under every key, in the order of the labelled events' times."""
    shape = usecase.event
    by_age = labels.sort_values(["labelled_at", shape.timestamp, usecase.label.field], kind="stable")
    kept = by_age.drop_duplicates([key, shape.id], keep="last")
    return kept.sort_values(shape.timestamp, kind="stable", ignore_index=True)
