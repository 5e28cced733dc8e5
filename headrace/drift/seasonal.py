"""A baseline that tells hours apart: one summary for every slot of a season, and how far quiet windows are from theirs.

A window is held against the rows of its own slots. So a Monday morning is not held against a Saturday night, and what
hours differ by need not be allowed for as noise.
"""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any, cast, get_args

import numpy as np
import numpy.typing as npt

from headrace.drift import packing
from headrace.drift.aligned import Pair
from headrace.drift.season import slots as slots_of
from headrace.drift.season import window_starts
from headrace.drift.summary import Summary, merged, summarize
from headrace.drift.unrest import LEAST_WINDOWS
from headrace.errors import RejectedError
from headrace.usecase.season import Season

DOCUMENT = "season.json"
VERSION = 1
_MOST_SHARE = 0.75
"""Of the rows of its slots: a window that is nearly all of them has nothing to be held against."""
Columns = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True, kw_only=True)
class Seasonal:
    """Summaries by slot, and the largest distance of a quiet window from the others of its slots, by column."""

    season: Season
    slots: Mapping[int, Summary]
    noise: Mapping[str, float]

    def of(self, wanted: Iterable[int]) -> Summary:
        """The rows of these slots; none if the baseline has none of them."""
        return merged(self.slots[it] for it in sorted(wanted) if it in self.slots)


def seasonal(columns: Columns, times: npt.NDArray[Any], season: Season, *, every_s: int, most: int) -> Seasonal:
    """Count a table slot by slot.

    Args:
        columns: values by name, each of shape (n,).
        times: epoch seconds, shape (n,).
        season: which slots there are.
        every_s: how long the windows are whose noise counts.
        most: so many of the newest windows say what is usual.
    """
    where = slots_of(times, season)
    by_slot = {int(it): _chosen(columns, where == it) for it in np.unique(where[where >= 0])}
    found = Seasonal(season=season, slots=by_slot, noise={})
    starts = window_starts(times, every_s)
    windows = [
        (_chosen(columns, starts == it), found.of(np.unique(where[starts == it]).tolist()))
        for it in np.unique(starts[where >= 0])[-most:]
    ]
    return Seasonal(season=season, slots=by_slot, noise=_noise(windows))


def document(parts: Iterable[Seasonal]) -> dict[str, Any]:
    """``season.json``: parts have the same season and other columns, such as features and scores."""
    held = [*parts]
    return {
        "version": VERSION,
        "season": held[0].season,
        "parts": [
            {
                "distances": {name: round(it, 6) for name, it in part.noise.items()},
                "slots": {str(slot): base64.b64encode(packing.pack(it)).decode() for slot, it in part.slots.items()},
            }
            for part in held
        ],
    }


def read(written: Mapping[str, Any], season: Season, wanted: Iterable[int]) -> tuple[Summary, Mapping[str, float]]:
    """The rows of some slots as one summary, and the noise of its columns.

    Args:
        written: a ``season.json``.
        season: that it must be of.
        wanted: slots.

    Raises:
        RejectedError: if it is none, or of another season.
    """
    chosen = [*wanted]
    if not of_season(written, season):
        raise RejectedError(f"is no baseline by {season}: train once more")
    columns: dict[str, Any] = {}
    noise: dict[str, float] = {}
    rows = 0
    try:
        for part in written["parts"]:
            there = {slot: part["slots"][str(slot)] for slot in chosen if str(slot) in part["slots"]}
            slots = {slot: packing.unpack(base64.b64decode(body)) for slot, body in there.items()}
            summary = Seasonal(season=season, slots=slots, noise={}).of(chosen)
            columns |= summary.columns
            rows = max(rows, summary.rows)
            noise |= {str(name): float(it) for name, it in part["distances"].items()}
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise RejectedError(f"is no baseline of slots ({type(exc).__name__}: {exc})") from exc
    return Summary(rows=rows, columns=columns), noise


def of_season(written: Mapping[str, Any], season: Season) -> bool:
    """Whether a ``season.json`` is of that season, in the form that this code reads."""
    known = cast(Season, written.get("season"))
    return known in get_args(Season) and known == season and written.get("version") == VERSION


def _chosen(columns: Columns, inside: npt.NDArray[np.bool_]) -> Summary:
    return summarize({name: it[inside] for name, it in columns.items()})


def _noise(windows: list[tuple[Summary, Summary]]) -> dict[str, float]:
    """The largest distance of a window from the other rows of its slots.

    A window is a share of these rows itself, so the distance from all of them is (1 - share) of that from the others.
    Windows with fewer than half as many rows as is usual are left out, as ``unrest`` does.
    """
    usual = median(it.rows for it, _ in windows) if windows else 0
    full = [(it, whole) for it, whole in windows if it.rows and 2 * it.rows >= usual]
    shares = [(it, whole, it.rows / whole.rows) for it, whole in full]
    judged = [it for it in shares if it[2] <= _MOST_SHARE]
    if len(judged) < LEAST_WINDOWS:
        return {}
    found: dict[str, float] = {}
    for window, whole, share in judged:
        for name, column in window.columns.items():
            if name in whole.columns and (pair := Pair.of(whole.columns[name], column)):
                found[name] = max(found.get(name, 0.0), min(1.0, pair.largest_gap / (1 - share)))
    return found
