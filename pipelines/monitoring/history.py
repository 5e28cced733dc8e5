"""What earlier runs of the same monitor found, and each column's distance run by run as pictures.

A run's ``run.json`` keeps the distances that it found, each against the baseline of the model of its day, and from
where on they would have been drift. A document that cannot be read is left out and told.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from headrace.drift import Findings
from headrace.errors import RejectedError
from headrace.monitoring import MOST_EARLIER, RUN
from headrace.schema import parse_timestamp
from pipelines.monitoring.trend import Point, trend

_SHOWN, _MOST = 12, 48


@dataclass(frozen=True, kw_only=True)
class Judged:
    """An earlier run: the end of its window in epoch seconds, the model's version, distance and threshold by column."""

    at: int
    version: str
    columns: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, kw_only=True)
class History:
    """Earlier runs, the oldest first, and how many documents were left out because they could not be read."""

    runs: tuple[Judged, ...] = ()
    unread: int = 0


NOTHING = History()


def columns(found: Findings) -> dict[str, dict[str, float]]:
    """What ``run.json`` keeps of every column that was judged."""
    return {
        name: {"distance": round(it.distance, 6), "threshold": round(it.threshold, 6)}
        for name, it in found.columns.items()
        if it.judged
    }


def read(folder: Path, *, before: str = "") -> History:
    """Earlier runs below a folder, which need not be there.

    Args:
        folder: of ``run.json`` documents, at any depth.
        before: the end of this run's window, ISO 8601: runs that end there or later are no earlier ones.
    """
    runs: dict[int, Judged] = {}
    unread = 0
    end = parse_timestamp(before, field="window-end") if before else None
    for path in sorted(folder.rglob(RUN)):
        try:
            it = _judged(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, RejectedError):
            unread += 1
            continue
        if end is None or it.at < end:
            runs[it.at] = it
    return History(runs=tuple(runs[at] for at in sorted(runs)[-MOST_EARLIER:]), unread=unread)


def _judged(document: Mapping[str, Any]) -> Judged:
    """Read ``run.json``; one that was written before distances were kept has none."""
    found = {
        str(name): (float(it["distance"]), float(it["threshold"])) for name, it in document.get("columns", {}).items()
    }
    if not all(0 <= value < float("inf") for pair in found.values() for value in pair):
        raise ValueError("a distance is no number from 0 on")
    at = int(parse_timestamp(str(document["window_end"]), field="window_end"))
    version = str(document.get("model_package_arn", "")).rpartition("/")[2]
    return Judged(at=at, version=version if version.isdigit() else "", columns=found)


def section(history: History, now: Mapping[str, Any]) -> str:
    """Every column's distance run by run, those first that came furthest; HTML.

    Args:
        history: earlier runs.
        now: ``run.json`` of this one.
    """
    runs = (*history.runs, _judged(now))
    notes = _notes(history)
    told = f'<p class="note">{" ".join(notes)}</p>' if notes else ""
    if not any(it.columns for it in history.runs):
        words = "There is no earlier run to show: the next report will begin with this one."
        return f'<div class="panel"><p class="note">{words}</p>{told}</div>'
    points = _points(runs)
    ranked = sorted(points, key=lambda name: (-max(it.distance / (it.threshold or 1.0) for it in points[name]), name))
    cards = [_card(name, points[name], runs) for name in ranked[:_MOST]]
    shown, more = cards[:_SHOWN], cards[_SHOWN:]
    hidden = f"<details><summary>{len(more)} more</summary>{_grid(more)}</details>" if more else ""
    return f"{_legend()}{told}{_grid(shown)}{hidden}"


def _grid(cards: Sequence[str]) -> str:
    return f'<div class="cards">{"".join(cards)}</div>'


def _notes(history: History) -> list[str]:
    silent = sum(not it.columns for it in history.runs)
    notes = []
    if history.unread:
        run = "run" if history.unread == 1 else "runs"
        notes.append(f"{history.unread} earlier {run} could not be read and {_is(history.unread)} left out.")
    if silent:
        run = "run" if silent == 1 else "runs"
        notes.append(f"{silent} earlier {run} kept no distances and {_is(silent)} not in the pictures.")
    return notes


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def _points(runs: tuple[Judged, ...]) -> dict[str, list[Point]]:
    found: dict[str, list[Point]] = {}
    for run in runs:
        for name, (distance, threshold) in run.columns.items():
            point = Point(at=run.at, distance=distance, threshold=threshold, version=run.version)
            found.setdefault(name, []).append(point)
    return found


def _card(name: str, points: list[Point], runs: tuple[Judged, ...]) -> str:
    over = sum(it.distance > it.threshold for it in points)
    tag = f'<span class="tag">{over} of {len(points)} over</span>' if over else ""
    drawn = trend(name, points, first=runs[0].at, last=runs[-1].at)
    return f'<div class="panel card"><h3>{escape(name)}{tag}</h3>{drawn}</div>'


def _legend() -> str:
    keys = (("accent", "distance of a run"), ("positive", "over its threshold"), ("amber", "drift from here on"))
    spans = "".join(f'<span><i class="key" style="background:var(--{role})"></i>{words}</span>' for role, words in keys)
    return f'<div class="legend">{spans}<span>v: the model that answered from there on</span></div>'
