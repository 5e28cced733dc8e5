"""A place full of rows becomes a summary, batch by batch; of a baseline perhaps only rows of the same season."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from headrace.drift import Summary
from headrace.drift.season import Season, slots
from pipelines.monitoring.refusal import TableError
from pipelines.monitoring.tables import Batch, batches

Report = Callable[[int], None]


@dataclass(frozen=True, kw_only=True)
class Seasons:
    """Which column holds the time of a row, and which hours are alike."""

    time: str
    season: Season


@dataclass(frozen=True, kw_only=True)
class Counted:
    """A summary, its rows' slots of the season, how many lines could not be read, and columns of captured answers."""

    summary: Summary
    slots: frozenset[int]
    unreadable: int
    answers: frozenset[str] = frozenset()


def count(
    place: Path,
    *,
    seasons: Seasons | None = None,
    wanted: frozenset[int] | None = None,
    report: Report = lambda _: None,
) -> Counted:
    """Count every row at a place.

    Args:
        place: a file or folder.
        seasons: how to tell the season of a row; None if it does not matter.
        wanted: only rows of these slots count.
        report: called with the number of rows read.

    Raises:
        TableError: if the place cannot be read, holds no rows that can, or lacks the column of times.
    """
    summary, seen, answers, unreadable, read = Summary(), set[int](), set[str](), 0, 0
    for whole in batches(place):
        batch, found = _in_season(place, whole, seasons, wanted)
        seen.update(found)
        answers |= whole.answers
        unreadable += whole.unreadable
        part = Summary(rows=batch.rows, columns={name: batch.column(name) for name in batch.arrays})
        summary = summary.merge(part)
        read += whole.rows
        report(read)
    if unreadable and not read:
        raise TableError(f"{place}: none of {unreadable:,} lines can be read; give one JSON object a line")
    if wanted is not None and read and not summary.rows:
        raise TableError(f"{place}: no row is of the current table's hours; give a longer baseline or no season")
    return Counted(summary=summary, slots=frozenset(seen), unreadable=unreadable, answers=frozenset(answers))


def _in_season(
    place: Path, batch: Batch, seasons: Seasons | None, wanted: frozenset[int] | None
) -> tuple[Batch, Iterable[int]]:
    """The rows that count, and the slots they are in."""
    if seasons is None or not batch.rows:
        return batch, ()
    if seasons.time not in batch.arrays:
        raise TableError(f"{place}: has no column {seasons.time!r}; name the column of times with --time")
    found = slots(_moments(place, seasons.time, batch.arrays[seasons.time]), seasons.season)
    inside = found >= 0 if wanted is None else np.isin(found, list(wanted))
    if not inside.all():
        batch = Batch(
            rows=int(inside.sum()),
            arrays={name: _chosen(values, inside) for name, values in batch.arrays.items()},
            plain=batch.plain,
        )
    return batch, np.unique(found[inside]).tolist()


def _moments(place: Path, name: str, values: Any) -> np.ndarray:
    array = pa.array(values) if isinstance(values, list) else values
    try:
        if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
            array = _parsed(array)
        elif pa.types.is_timestamp(array.type) or pa.types.is_date(array.type):
            array = array.cast(pa.timestamp("us"), safe=False)
        else:
            array = array.cast(pa.float64(), safe=False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as exc:
        raise TableError(
            f"{place}: column {name!r} holds no times; give ISO 8601, epoch seconds or Parquet's timestamps"
        ) from exc
    moments: np.ndarray = array.to_numpy(zero_copy_only=False)
    return moments


def _parsed(array: Any) -> Any:
    """Texts as times: epoch seconds, or ISO 8601 with or without an offset."""
    try:
        return array.cast(pa.float64())
    except pa.ArrowInvalid:
        pass
    try:
        return array.cast(pa.timestamp("us"))
    except pa.ArrowInvalid:
        return array.cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us"))


def _chosen(values: Any, inside: np.ndarray) -> Any:
    if isinstance(values, list):
        return [it for it, chosen in zip(values, inside.tolist(), strict=True) if chosen]
    return values.filter(pa.array(inside))
