"""What a report is made of, and how its loosely typed parts are read without trusting them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from headrace.errors import HeadraceError
from headrace.usecase import UseCase

COLUMNS = ("event_id", "timestamp", "score", "decision", "model_version", "latency_ms", "label")


class ReportError(HeadraceError):
    """A report cannot be made of what was given; names what is missing."""


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """One run of the loop, as the report shows it.

    Attributes:
        usecase: what ran.
        summary: the run's ``summary.json``. Every key may be absent; what it would show is then left out.
        predictions: one row per scored event: event_id, timestamp (epoch seconds), score (0 to 1), decision,
            model_version, latency_ms, label (0, 1 or missing).
        evaluation: the registered model's ``evaluation.json``; may be empty.
        title: the headline; empty for the mode's own.
        mode: ``demo`` for a simulated world, ``replay`` for events from files.

    Raises:
        ReportError: if a column of the predictions is missing.
    """

    usecase: UseCase
    summary: Mapping[str, object]
    predictions: pd.DataFrame
    evaluation: Mapping[str, object]
    title: str = ""
    mode: Literal["demo", "replay"] = "demo"

    def __post_init__(self) -> None:
        missing = [name for name in COLUMNS if name not in self.predictions]
        if missing:
            raise ReportError(f"predictions have no column {', '.join(missing)}: give all of {', '.join(COLUMNS)}")

    def count(self, key: str) -> int | None:
        """A whole number of the summary, None if it is not there."""
        value = number(self.summary, key)
        return None if value is None else round(value)


def number(document: Mapping[str, object], *path: str) -> float | None:
    """The finite number at a path of keys, None if there is none (a figure may be the text ``NaN``)."""
    *parents, last = path
    value = section(document, *parents).get(last)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def text(document: Mapping[str, object], key: str) -> str:
    """The text at a key, empty if there is none."""
    value = document.get(key)
    return "" if value is None else str(value)


def section(document: Mapping[str, object], *path: str) -> Mapping[str, object]:
    """The object at a path of keys, empty if there is none."""
    found: object = document
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def rows(document: Mapping[str, object], key: str) -> Sequence[Mapping[str, object]]:
    """The objects of a list at a key, empty if there is none."""
    value = document.get(key)
    if not isinstance(value, Sequence) or isinstance(value, str):
        return ()
    return [one for one in value if isinstance(one, Mapping)]


def numbers(document: Mapping[str, object], *keys: str) -> list[float]:
    """The list of numbers at the first of the keys that has one, else empty."""
    for key in keys:
        value = document.get(key)
        if isinstance(value, Sequence) and not isinstance(value, str):
            return [float(one) for one in value if isinstance(one, int | float)]
    return []
