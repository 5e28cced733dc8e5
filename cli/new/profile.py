"""What a file of events holds, column by column: kinds, ranges, distinct values, truths, personal data."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

from cli import personal, table_file
from cli.event_columns import Column, epoch_seconds, zero_or_one
from headrace.errors import UseCaseError

Kind = Literal["number", "integer", "boolean", "text", "time", "structure", "empty"]
FEW = 20
"""So many distinct texts or fewer are values of a category."""
_TIME_WORDS = ("time", "date", "timestamp", "datetime", "ts", "at", "when", "day", "moment")
_YEAR_2000 = 946_684_800
_SEPARATORS = ";\t|"


@dataclass(frozen=True, kw_only=True)
class ColumnProfile:
    """One column of the sample.

    Attributes:
        name: in the file.
        kind: what its values are.
        rows: of the file.
        present: rows with a value.
        distinct: different values.
        low: smallest number; None where there are none.
        high: largest number.
        values: all different texts, the most frequent first, if they are few.
        longest: characters of the longest text.
        personal: what it seems to tell of a person.
        truth: the share of positives where every value means yes or no, else None.
        problem: why a time cannot be read, where it looks like one.
    """

    name: str
    kind: Kind
    rows: int
    present: int
    distinct: int
    low: float | None = None
    high: float | None = None
    values: tuple[str, ...] = ()
    longest: int = 0
    personal: str | None = None
    truth: float | None = None
    problem: str | None = None

    @property
    def complete(self) -> bool:
        """Whether every row has a value."""
        return self.present == self.rows

    @property
    def unique(self) -> bool:
        """Whether no two rows share a value."""
        return self.complete and self.distinct == self.rows


def read_sample(path: Path) -> pd.DataFrame:
    """Every column of a file.

    Raises:
        UseCaseError: if it cannot be read, has no rows, or separates its columns by something else than commas.
    """
    names = table_file.columns(path)
    if len(names) == 1 and any(sign in names[0] for sign in _SEPARATORS):
        raise UseCaseError("--from", f"{path.name} has one column, {names[0]!r}", "separate columns by commas")
    frame = table_file.read(path, names)
    if frame.empty:
        raise UseCaseError("--from", f"{path.name} holds no rows", "give a file with events")
    return frame


def profile(frame: pd.DataFrame) -> tuple[ColumnProfile, ...]:
    """Profile every column."""
    return tuple(_profiled(str(name), frame[name]) for name in frame)


def names_of(columns: Sequence[ColumnProfile]) -> str:
    """Names as a sentence lists them."""
    return ", ".join(it.name for it in columns) or "none"


def _profiled(name: str, values: pd.Series) -> ColumnProfile:
    present = values.dropna()
    if present.empty:
        return ColumnProfile(name=name, kind="empty", rows=len(values), present=0, distinct=0)
    if values.dtype == object and not present.map(pd.api.types.is_scalar).all():
        return ColumnProfile(name=name, kind="structure", rows=len(values), present=len(present), distinct=0)
    kind, problem = _kind(name, present)
    counts = present.astype(str).value_counts() if kind in ("text", "boolean") else None
    numbers = present.astype(float) if kind in ("number", "integer") else None
    return ColumnProfile(
        name=name,
        kind=kind,
        rows=len(values),
        present=len(present),
        distinct=int(present.nunique()),
        low=None if numbers is None else float(numbers.min()),
        high=None if numbers is None else float(numbers.max()),
        values=tuple(map(str, counts.index)) if counts is not None and len(counts) <= FEW else (),
        longest=int(present.astype(str).str.len().max()),
        personal=None if kind == "time" else personal.by_values(values) or personal.by_name(name),
        truth=_truth(present),
        problem=problem,
    )


def _kind(name: str, present: pd.Series) -> tuple[Kind, str | None]:
    """What the values are, and why a time cannot be read."""
    if pd.api.types.is_bool_dtype(present) or (
        present.dtype == object and present.map(lambda it: isinstance(it, bool)).all()
    ):
        return "boolean", None
    if pd.api.types.is_datetime64_any_dtype(present):
        return "time", None
    if pd.api.types.is_numeric_dtype(present):
        if _named_as_time(name) and _seconds(name, present) is not None:
            return "time", None
        whole = pd.api.types.is_integer_dtype(present) or bool((present % 1 == 0).all())
        return ("integer" if whole else "number"), None
    try:
        epoch_seconds(Column(present.reset_index(drop=True), name))
    except UseCaseError as exc:
        problem = str(exc) if "day or month first" in str(exc) else None
        return ("time" if problem else "text"), problem
    return "time", None


def _named_as_time(name: str) -> bool:
    words = name.lower().replace("-", "_").replace(".", "_").split("_")
    return any(word in _TIME_WORDS for word in words) or name.lower().endswith(("time", "date", "timestamp"))


def _seconds(name: str, present: pd.Series) -> pd.Series | None:
    """Numbers as times since 2000; None if they are none."""
    try:
        found = epoch_seconds(Column(present.reset_index(drop=True), name))
    except UseCaseError:
        return None
    return found if bool((found >= _YEAR_2000).all()) else None


def _truth(present: pd.Series) -> float | None:
    if present.nunique() > 2 * len("01"):  # 0 and 1 may be written in a few ways
        return None
    try:
        found = zero_or_one(Column(present.reset_index(drop=True), "label"))
    except UseCaseError:
        return None
    return float(found.mean())
