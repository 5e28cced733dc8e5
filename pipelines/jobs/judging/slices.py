"""Where the model is good and where it is not: the same figures for parts of the test rows.

A slice has intervals. It is called worse only if it has enough positives and its whole interval lies below the figure
of all rows; with few rows it is shown and not judged.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from headrace.calendar import PARTS
from headrace.usecase import CalendarPart, Field, UseCase
from pipelines.jobs.judging.judged_rows import JudgedRows
from pipelines.jobs.judging.proportions import NORMAL_95, share, wilson
from pipelines.jobs.metrics import Ranking

_HOUR_S = 3_600
_QUANTILES = 4
_ENOUGH = 20
"""Positives that a slice needs to be judged."""
_CALENDAR: tuple[CalendarPart, ...] = ("is_weekend", "is_night")
_WORDS = {"is_weekend": ("weekday", "weekend"), "is_night": ("day", "night")}

Part = tuple[str, str, np.ndarray]
"""By what the rows are cut, the part's name, and which rows are in it."""


def slices(usecase: UseCase, rows: JudgedRows, scores: np.ndarray, threshold: float) -> list[dict[str, Any]]:
    """Figures of every slice: calendar parts, values of coded inputs, quarters of numeric inputs.

    Args:
        usecase: names inputs and their allowed texts.
        rows: to cut up.
        scores: of these rows, shape (n,).
        threshold: scores from here on are alarms.
    """
    labels, calls = rows.labels, scores >= threshold
    whole = share(float(np.sum(calls & (labels == 1))), float(np.sum(labels == 1)))
    parts = [*_by_calendar(rows.timestamps)]
    for name in usecase.inputs:
        parts += _by_input(usecase.event.field(name), rows.column(name))
    return [
        {"by": by, "part": name, **_figures(labels[inside], scores[inside], calls[inside], whole)}
        for by, name, inside in parts
        if inside.any()
    ]


def auc_interval(labels: np.ndarray, scores: np.ndarray) -> tuple[float, float, float]:
    """The area under the ROC curve with its 95 % interval (DeLong et al. 1988); needs both classes.

    Args:
        labels: 0 or 1, shape (n,).
        scores: shape (n,).
    """
    ranking = Ranking.of(labels, scores)
    tp, fp = (count[0] for count in ranking.counts(np.ones((1, len(labels)))))
    positives, negatives = tp[-1], fp[-1]
    of_tp, of_fp = np.diff(tp, prepend=0), np.diff(fp, prepend=0)
    # Per run of equal scores: the share of negatives that a positive beats, and of positives that beat a negative.
    beats, beaten = (negatives - fp + of_fp / 2) / negatives, (tp - of_tp / 2) / positives
    area = float(np.sum(beats * of_tp) / positives)
    spread = np.sum(of_tp * (beats - area) ** 2) / positives / max(1, positives - 1)
    spread += np.sum(of_fp * (beaten - area) ** 2) / negatives / max(1, negatives - 1)
    half = NORMAL_95 * float(np.sqrt(spread))
    return area, max(0.0, area - half), min(1.0, area + half)


def _figures(labels: np.ndarray, scores: np.ndarray, calls: np.ndarray, whole: float) -> dict[str, Any]:
    positives, alarms = int(np.sum(labels == 1)), int(calls.sum())
    found = int(np.sum(calls & (labels == 1)))
    low, high = wilson(found, positives)
    judged = positives >= _ENOUGH
    area = [round(it, 6) for it in auc_interval(labels, scores)] if 0 < positives < len(labels) else None
    return {
        "rows": len(labels),
        "positives": positives,
        "alarms": alarms,
        "recall": {"value": round(share(found, positives), 6), "interval": [round(low, 6), round(high, 6)]},
        "precision": {
            "value": round(share(found, alarms), 6),
            "interval": [round(it, 6) for it in wilson(found, alarms)],
        },
        "auc": {"value": area[0], "interval": area[1:]} if area else None,
        "verdict": ("worse" if high < whole else "like the rest") if judged else "too few positives",
    }


def _by_calendar(timestamps: np.ndarray) -> Iterator[Part]:
    hours, hour_of = np.unique(timestamps // _HOUR_S, return_inverse=True)  # no part changes within an hour
    for part in _CALENDAR:
        values = np.array([PARTS[part](int(hour) * _HOUR_S) for hour in hours])[hour_of]
        for value, words in enumerate(_WORDS[part]):
            yield "calendar", words, values == value


def _by_input(field: Field, values: np.ndarray) -> Iterator[Part]:
    if field.allowed or field.type == "boolean":
        texts = field.allowed or ("false", "true")
        yield from ((field.name, text, values == code) for code, text in enumerate(texts))
    else:
        yield from _by_quantile(field.name, values)
    yield field.name, "missing", np.isnan(values)


def _by_quantile(name: str, values: np.ndarray) -> Iterator[Part]:
    known = values[~np.isnan(values)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, _QUANTILES + 1))) if len(known) else np.zeros(0)
    for low, high in pairwise(edges):
        last = high == edges[-1]
        rows = (values >= low) & ((values <= high) if last else (values < high))
        yield name, f"{low:.4g} to {high:.4g}", rows
