"""A place full of rows becomes a summary, batch by batch; of a baseline perhaps only rows of the same season."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from headrace.drift import Summary
from headrace.drift.season import NO_WINDOW, Season, slots, window_starts
from pipelines.monitoring.refusal import TableError
from pipelines.monitoring.tables import Batch, batches

Report = Callable[[int], None]
MOST_WINDOWS = 60
"""Each holds a summary of every column."""


@dataclass(frozen=True, kw_only=True)
class Seasons:
    """Which column holds the time of a row, and which hours are alike."""

    time: str
    season: Season


@dataclass(frozen=True, kw_only=True)
class Windows:
    """Which column holds the time of a row, and how long a window is."""

    time: str
    length_s: int


@dataclass(frozen=True, kw_only=True)
class Counted:
    """A summary, its rows' slots of the season, how many lines could not be read, and columns of captured answers.

    ``windows`` hold the summary of each window by its beginning in epoch seconds, where these were asked for.
    """

    summary: Summary
    slots: frozenset[int]
    unreadable: int
    answers: frozenset[str] = frozenset()
    windows: Mapping[int, Summary] = field(default_factory=dict)


def count(
    place: Path,
    *,
    seasons: Seasons | None = None,
    wanted: frozenset[int] | None = None,
    windows: Windows | None = None,
    report: Report = lambda _: None,
    whole: bool = True,
) -> Counted:
    """Count every row at a place.

    Args:
        place: a file or folder.
        seasons: how to tell the season of a row; None if it does not matter.
        wanted: only rows of these slots count.
        windows: which windows to count besides; None for none.
        report: called with the number of rows read.
        whole: whether it is all there is; of a share nothing may be readable.

    Raises:
        TableError: if the place cannot be read, holds no rows that can, or lacks the column of times.
    """
    summary, seen, answers, unreadable, read = Summary(), set[int](), set[str](), 0, 0
    parts: dict[int, Summary] = {}
    for all_rows in batches(place):
        batch, found = _in_season(place, all_rows, seasons, wanted)
        seen.update(found)
        answers |= all_rows.answers
        unreadable += all_rows.unreadable
        summary = summary.merge(_counted(batch))
        if windows is not None and batch.rows:
            _by_window(place, batch, windows, parts)
        read += all_rows.rows
        report(read)
    if unreadable and not read and whole:
        raise TableError(f"{place}: none of {unreadable:,} lines can be read; give one JSON object a line")
    if wanted is not None and read and not summary.rows:
        raise TableError(f"{place}: no row is of the current table's hours; give a longer baseline or no season")
    slots_seen, answered = frozenset(seen), frozenset(answers)
    return Counted(summary=summary, slots=slots_seen, unreadable=unreadable, answers=answered, windows=parts)


def _counted(batch: Batch) -> Summary:
    return Summary(rows=batch.rows, columns={name: batch.column(name) for name in batch.arrays})


def _by_window(place: Path, batch: Batch, windows: Windows, parts: dict[int, Summary]) -> None:
    """Add the rows of a batch to their windows."""
    if windows.time not in batch.arrays:
        raise TableError(f"{place}: has no column {windows.time!r}; name the column of times with --time")
    starts = window_starts(_moments(place, windows.time, batch.arrays[windows.time]), windows.length_s)
    for start in np.unique(starts[starts != NO_WINDOW]).tolist():
        part = _counted(_rows(batch, starts == start))
        parts[start] = parts[start].merge(part) if start in parts else part
        if len(parts) > MOST_WINDOWS:
            raise TableError(f"--every: {place} spans more than {MOST_WINDOWS} windows; make them longer")


def _rows(batch: Batch, inside: np.ndarray) -> Batch:
    return Batch(
        rows=int(inside.sum()),
        arrays={name: _chosen(values, inside) for name, values in batch.arrays.items()},
        plain=batch.plain,
    )


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
        batch = _rows(batch, inside)
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
