"""Times as files hold them: epoch seconds or milliseconds, days as 20180401, ISO 8601, and the usual written forms.

One column may hold several forms: texts of one shape are read by one format, which must fit all of them. Nothing is
guessed: where both day and month could come first, and no other text of the column tells, the column is refused.
"""

import re
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from headrace.values import LATEST

_MS = 1_000
_FIRST_DAY, _LAST_DAY = 19_700_101, 22_000_101
_ORDERED = (("%d/%m/%Y", "%d-%m-%Y", "%d/%m/%y"), ("%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y"))
"""Day first, and month first."""
_CLEAR = (
    "%Y/%m/%d", "%Y%m%d", "%d.%m.%Y", "%a, %d %b %Y", "%d %b %Y", "%d-%b-%Y", "%d %B %Y",
    "%b %d %Y", "%b %d, %Y", "%B %d %Y", "%B %d, %Y",
)  # fmt: skip
_TIMES = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p", "T%H:%M:%S", " %H:%M:%S %z")
_EPOCH = {10: 1, 13: _MS}
"""How many units of a whole number of so many digits make a second."""


@dataclass(frozen=True)
class Moments:
    """Seconds since the epoch (float64, NaN where a value is no time), and texts that could be two different days."""

    seconds: pd.Series
    ambiguous: tuple[str, ...] = ()


def read_numbers(values: pd.Series) -> pd.Series:
    """Numbers as seconds since the epoch: whole days such as 20180401, milliseconds, or seconds as they are.

    A column is of one kind; numbers are taken for days or milliseconds only where all of them can be.
    """
    present = values.dropna()
    if len(present) and present.between(_FIRST_DAY, _LAST_DAY).all() and (present % 1 == 0).all():
        days = pd.to_datetime(present.astype(np.int64).astype(str), format="%Y%m%d", errors="coerce", utc=True)
        if days.notna().all():
            return _seconds(days).reindex(values.index)
    if len(present) and (present >= LATEST).all() and (present < LATEST * _MS).all():
        return values // _MS
    return values


def read_texts(values: pd.Series) -> Moments:
    """Texts as seconds since the epoch; without an offset they are UTC. Anything that is no text is no time."""
    codes, distinct = pd.factorize(values.where(values.map(lambda it: isinstance(it, str))))
    texts = pd.Series(distinct, dtype=object)
    groups = [own for _, own in texts.groupby(texts.map(_shape))]
    readings = [_readings(own) for own in groups]
    orders = {it.order for it in readings if it.order is not None}
    known, ambiguous = np.full(len(texts) + 1, np.nan), []
    for own, reading in zip(groups, readings, strict=True):
        if len(reading.choices) > 1 and len(orders) != 1:
            different = np.flatnonzero(reading.choices[0] != reading.choices[1])
            if len(different):
                ambiguous.append(str(own.iloc[int(different[0])]))
                continue
        if reading.choices:
            known[own.index] = reading.choices[min(orders, default=0) if len(reading.choices) > 1 else 0]
    return Moments(pd.Series(known[codes], index=values.index), tuple(ambiguous))


@dataclass(frozen=True)
class _Reading:
    """The seconds that texts of one shape may mean; ``order`` is 0 for day first, 1 for month first, where certain."""

    choices: list[pd.Series]
    order: int | None = None


def _readings(texts: pd.Series) -> _Reading:
    certain = _epoch(texts) if _is_epoch(texts) else _first_fit(texts, _CLEAR)
    if certain is not None:
        return _Reading([certain])
    found = [(order, it) for order, forms in enumerate(_ORDERED) if (it := _first_fit(texts, forms)) is not None]
    return _Reading([it for _, it in found], found[0][0] if len(found) == 1 else None)


def _shape(text: str) -> str:
    """A text with every run of digits or letters as one sign; whole numbers keep their length."""
    if text.isdigit():
        return f"#{len(text)}"
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "9", text.strip()))


def _first_fit(texts: pd.Series, dates: tuple[str, ...]) -> pd.Series | None:
    """Seconds by the first format that fits all texts of a shape; None if none does."""
    for form in (date + time for date in dates for time in _TIMES):
        if not _fits(texts.iloc[0], form):  # saves the reading of all
            continue
        read = pd.to_datetime(texts.str.strip(), format=form, errors="coerce", utc=True)
        if read.notna().all():
            return _seconds(read)
    return None


def _fits(text: str, form: str) -> bool:
    try:
        datetime.strptime(text.strip(), form)
    except ValueError:
        return False
    return True


def _is_epoch(texts: pd.Series) -> bool:
    return bool(texts.iloc[0].isdigit()) and len(texts.iloc[0]) in _EPOCH


def _epoch(texts: pd.Series) -> pd.Series:
    return texts.astype(np.int64).astype(float) // _EPOCH[len(texts.iloc[0])]


def _seconds(moments: pd.Series) -> pd.Series:
    seconds: pd.Series = moments.dt.as_unit("s").astype(np.int64).astype(float)
    return seconds
