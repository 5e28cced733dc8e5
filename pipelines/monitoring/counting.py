"""A place full of rows becomes a summary, batch by batch; of a baseline perhaps only rows of the same season."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import numpy as np

from headrace.drift import Summary
from headrace.drift.season import NO_WINDOW, Season, slots, window_starts
from pipelines.monitoring.batch import Batch, NoTimesError
from pipelines.monitoring.refusal import TableError
from pipelines.monitoring.spelling import Texts, spelled
from pipelines.monitoring.tables import batches

Report = Callable[[int], None]
MOST_WINDOWS = 60
"""Each holds a summary of every column."""


@dataclass(frozen=True, kw_only=True)
class Seasons:
    """Which hours are alike, and which column holds the time of a row; by default it is when the row was answered."""

    season: Season
    time: str = ""


@dataclass(frozen=True, kw_only=True)
class Windows:
    """Which column holds the time of a row, and how long a window is."""

    time: str
    length_s: int


@dataclass(frozen=True, kw_only=True)
class Counted:
    """A summary, its rows' slots of the season, how many lines could not be read, and columns of captured answers.

    ``repeated`` answers were not counted, as their events had been answered before by the same model.
    ``windows`` hold the summary of each window by its beginning in epoch seconds, where these were asked for.
    """

    summary: Summary
    slots: frozenset[int]
    unreadable: int
    repeated: int = 0
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
    texts: Texts = MappingProxyType({}),
) -> Counted:
    """Count every row at a place.

    Args:
        place: a file or folder.
        seasons: how to tell the season of a row; None if it does not matter.
        wanted: only rows of these slots count.
        windows: which windows to count besides; None for none.
        report: called with the number of rows read.
        whole: whether it is all there is; of a share nothing may be readable.
        texts: of columns that hold positions; they are counted as their texts.

    Raises:
        TableError: if the place cannot be read, holds no rows that can, or lacks the column of times.
    """
    summary, seen, answers, unreadable, repeated, read = Summary(), set[int](), set[str](), 0, 0, 0
    parts: dict[int, Summary] = {}
    for all_rows in (spelled(it, texts) for it in batches(place)):
        batch, found = _in_season(place, all_rows, seasons, wanted)
        seen.update(found)
        answers |= all_rows.answers
        unreadable += all_rows.unreadable
        repeated += all_rows.repeated
        summary = summary.merge(_counted(batch))
        if windows is not None and batch.rows:
            _by_window(place, batch, windows, parts)
        read += all_rows.rows
        report(read)
    if unreadable and not read and whole:
        raise TableError(f"{place}: none of {unreadable:,} lines can be read; give one JSON object a line")
    if wanted is not None and read and not summary.rows:
        raise TableError(f"{place}: no row is of the current table's hours; give a longer baseline or no season")
    return Counted(
        summary=summary,
        slots=frozenset(seen),
        unreadable=unreadable,
        repeated=repeated,
        answers=frozenset(answers),
        windows=parts,
    )


def _counted(batch: Batch) -> Summary:
    return Summary(rows=batch.rows, columns={name: batch.column(name) for name in batch.arrays})


def _by_window(place: Path, batch: Batch, windows: Windows, parts: dict[int, Summary]) -> None:
    """Add the rows of a batch to their windows."""
    if windows.time not in batch.arrays:
        raise TableError(f"{place}: has no column {windows.time!r}; name the column of times with --time")
    starts = window_starts(_moments(place, windows.time, batch), windows.length_s)
    for start in np.unique(starts[starts != NO_WINDOW]).tolist():
        part = _counted(batch.only(starts == start))
        parts[start] = parts[start].merge(part) if start in parts else part
        if len(parts) > MOST_WINDOWS:
            raise TableError(f"--every: {place} spans more than {MOST_WINDOWS} windows; make them longer")


def _in_season(
    place: Path, batch: Batch, seasons: Seasons | None, wanted: frozenset[int] | None
) -> tuple[Batch, Iterable[int]]:
    """The rows that count, and the slots they are in."""
    if seasons is None or not batch.rows:
        return batch, ()
    if seasons.time and seasons.time not in batch.arrays:
        raise TableError(f"{place}: has no column {seasons.time!r}; name the column of times with --time")
    found = slots(_moments(place, seasons.time, batch), seasons.season)
    inside = found >= 0 if wanted is None else np.isin(found, list(wanted))
    if not inside.all():
        batch = batch.only(inside)
    return batch, np.unique(found[inside]).tolist()


def _moments(place: Path, name: str, batch: Batch) -> np.ndarray:
    try:
        return batch.times(name) if name else batch.answer_times()
    except NoTimesError as exc:
        raise TableError(
            f"{place}: column {name!r} holds no times; give ISO 8601, epoch seconds or Parquet's timestamps"
        ) from exc
