"""Texts that hold something else: numbers, booleans and times in files whose cells are all text."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np

from headrace.drift.column import Column
from headrace.drift.numbers import Numbers
from headrace.drift.texts import Texts

_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d)?)?")
_BOOLEANS = {"true": 1.0, "True": 1.0, "TRUE": 1.0, "false": 0.0, "False": 0.0, "FALSE": 0.0}


def column_of_cells(counts: Mapping[str, int], *, missing: int, numbers: bool) -> Column:
    """Count texts as what they stand for.

    Args:
        counts: how often each text occurs.
        missing: rows without one.
        numbers: whether a text that reads as a number or a boolean is one, as in CSV. Times of ISO 8601 always are.
    """
    texts: dict[str, int] = {}
    found: dict[float, int] = {}
    moments: dict[float, int] = {}
    infinite = 0
    for text, times in counts.items():
        value = _number(text) if numbers else None
        if value is None:
            at = _moment(text)
            if at is None:
                texts[text] = texts.get(text, 0) + times
            else:
                moments[at] = moments.get(at, 0) + times
        elif np.isnan(value):
            missing += times
        elif np.isinf(value):
            infinite += times
        else:
            found[value] = found.get(value, 0) + times
    return (
        Column(rows=missing + infinite, missing=missing, infinite=infinite)
        .merge(_of(found, moments=False))
        .merge(_of(moments, moments=True))
        .merge(Column(rows=sum(texts.values()), texts=Texts.of(texts)))
    )


def is_time(text: str) -> bool:
    """Whether a text looks like a date or time of ISO 8601."""
    return _TIME.fullmatch(text) is not None


def _of(found: Mapping[float, int], *, moments: bool) -> Column:
    values = np.fromiter(found, np.float64, len(found))
    times = np.fromiter(found.values(), np.int64, len(found))
    rows = int(times.sum())
    return Column(
        rows=rows,
        integral=int(times[values == np.rint(values)].sum()),
        moments=rows if moments else 0,
        numbers=Numbers.of(values, times),
    )


def _number(text: str) -> float | None:
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    try:
        return None if "_" in text else float(text)  # 1_000 is a number to Python alone
    except ValueError:
        return None


def _moment(text: str) -> float | None:
    if not is_time(text):
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
