"""Columns of a file become fields of a use case: checked as a whole, wrong rows counted and the first one named.

The rules are those of ``headrace.values``, by which the stream checks one event at a time.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cli.moments import read_numbers, read_texts
from headrace.errors import RejectedError, UseCaseError
from headrace.usecase import Field
from headrace.values import INTEGER_LIMIT, LATEST, NUMBER_LIMIT, coerce_string

_TRUTH = {"true": 1.0, "yes": 1.0, "y": 1.0, "t": 1.0, "false": 0.0, "no": 0.0, "n": 0.0, "f": 0.0}


@dataclass(frozen=True)
class Column:
    """One column: its values, its name in the file, and how a row is called, for example ``7 of june.csv``."""

    values: pd.Series
    name: str
    row: Callable[[int], str] = str

    def refuse(self, wrong: pd.Series, problem: str) -> None:
        """Raise UseCaseError if any row is wrong."""
        if bool(wrong.any()):
            rows = np.flatnonzero(wrong.to_numpy())
            raise UseCaseError(
                self.name,
                f"{problem} in {len(rows)} rows, first in row {self.row(int(rows[0]))} (counted from 0)",
                "mend or filter the file",
            )


def field_values(column: Column, field: Field) -> pd.Series:
    """The values of one event field: epoch seconds, text (None where missing), or numbers (NaN where missing).

    Raises:
        UseCaseError: naming the column, what is wrong, in how many rows, and the first of them.
    """
    if field.required:
        column.refuse(column.values.isna(), "is missing")
    if field.type == "timestamp":
        return epoch_seconds(column)
    return _texts(column, field) if field.type == "string" else _numbers(column, field)


def epoch_seconds(column: Column) -> pd.Series:
    """Times as whole epoch seconds: ISO 8601, without an offset UTC, or another form that ``cli.moments`` can read.

    Raises:
        UseCaseError: if a value is no time, none from 1970 to 2200, or could be two different days.
    """
    values = column.values
    column.refuse(_truths(values), "is true or false, not a time")
    if pd.api.types.is_numeric_dtype(values):
        values = read_numbers(values)
        column.refuse(~values.between(0, LATEST, inclusive="left"), "is no time from 1970 to 2200 in epoch seconds")
        return values.astype(np.int64)
    moments = pd.to_datetime(values, utc=True, errors="coerce", format="ISO8601" if values.dtype == object else None)
    seconds = moments.dt.as_unit("s").astype(np.int64).where(moments.notna())
    if values.dtype == object and seconds.hasnans:
        seconds = seconds.where(moments.notna(), _written(column, moments.isna()))
    column.refuse(seconds.isna(), "is not a time")
    column.refuse(~seconds.between(0, LATEST, inclusive="left"), "is no time from 1970 to 2200")
    return seconds.astype(np.int64)


def _written(column: Column, unread: pd.Series) -> pd.Series:
    """Seconds of the texts that ISO 8601 does not know."""
    found = read_texts(column.values[unread])
    if found.ambiguous:
        raise UseCaseError(
            column.name, f"could have day or month first, as in {found.ambiguous[0]!r}", "write times as 2018-04-01"
        )
    return found.seconds.reindex(column.values.index)


def zero_or_one(column: Column) -> pd.Series:
    """Labels as 0.0, 1.0 or missing; true, yes and their opposites are understood.

    Raises:
        UseCaseError: if a value is anything else.
    """
    numbers = pd.to_numeric(column.values, errors="coerce").astype(float)
    if column.values.dtype == object:
        words = column.values.where(column.values.map(lambda it: isinstance(it, str)))
        numbers = numbers.fillna(words.str.strip().str.lower().map(_TRUTH))
    column.refuse(~numbers.isin([0, 1]) & column.values.notna(), "is neither 0 nor 1")
    return numbers


def _texts(column: Column, field: Field) -> pd.Series:
    values = column.values
    if values.dtype == object:
        column.refuse(~values.map(pd.api.types.is_scalar), "is not a single value")
    codes, distinct = pd.factorize(values)  # equal texts become one object, and each is checked once
    found = distinct.tolist()
    if values.dtype.kind == "f" and all(number.is_integer() for number in found):
        found = [int(number) for number in found]  # whole numbers that lost their type to a missing value
    texts = [str(it) for it in found]
    problems = {code: problem for code, text in enumerate(texts) if (problem := _problem(field, text))}
    for problem in dict.fromkeys(problems.values()):
        column.refuse(pd.Series(np.isin(codes, [code for code, it in problems.items() if it == problem])), problem)
    return pd.Series(np.array([*texts, None], dtype=object)[codes], index=values.index)


def _problem(field: Field, text: str) -> str | None:
    try:
        coerce_string(field, text)
    except RejectedError as exc:
        return exc.reason
    return None


def _numbers(column: Column, field: Field) -> pd.Series:
    read = _read_numbers(column.values)
    numbers = read.astype(float)
    column.refuse(numbers.isna() & column.values.notna(), "is not a number")
    if field.type == "boolean":
        column.refuse(~numbers.isin([0, 1]) & numbers.notna(), "is not true or false")
        return numbers if numbers.isna().any() else numbers.astype(bool)
    column.refuse(_truths(column.values), "is true or false, not a number")
    column.refuse(pd.Series(np.isinf(numbers)), "is not a finite number")
    if field.type == "integer":
        return _integers(column, field, read, numbers)
    _within_range(column, field, numbers)
    column.refuse(numbers.abs() > NUMBER_LIMIT, f"is beyond {NUMBER_LIMIT:g} in size")
    return numbers


def _read_numbers(values: pd.Series) -> pd.Series:
    try:
        return pd.to_numeric(values, errors="coerce")
    except OverflowError:  # JSON may hold whole numbers that no float can
        return pd.to_numeric(values.map(lambda it: math.inf if _beyond_floats(it) else it), errors="coerce")


def _beyond_floats(value: object) -> bool:
    return isinstance(value, int) and abs(value) >= 1 << 1024


def _integers(column: Column, field: Field, read: pd.Series, numbers: pd.Series) -> pd.Series:
    exact = pd.api.types.is_signed_integer_dtype(read)  # a float holds whole numbers to 2**53 only
    column.refuse((numbers % 1).fillna(0) != 0, "is not a whole number")
    if not exact:
        column.refuse((numbers < -INTEGER_LIMIT) | (numbers >= INTEGER_LIMIT), "does not fit in 64 bits")
    _within_range(column, field, numbers)
    if numbers.isna().any():
        return numbers
    return (read if exact else numbers).astype(np.int64)


def _within_range(column: Column, field: Field, numbers: pd.Series) -> None:
    if field.minimum is not None:
        column.refuse(numbers < field.minimum, f"is below {field.minimum:g}")
    if field.maximum is not None:
        column.refuse(numbers > field.maximum, f"is above {field.maximum:g}")


def _truths(values: pd.Series) -> pd.Series:
    """Where a value is true or false."""
    if values.dtype == object:
        return values.map(lambda it: isinstance(it, bool | np.bool_)).astype(bool)
    return pd.Series(pd.api.types.is_bool_dtype(values), index=values.index)
