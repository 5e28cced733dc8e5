"""Columns of packed numbers: arrays, so that a state is read and written at the speed of memory.

Whole numbers are held in a narrow column and move to a wider one when a number does not fit; the narrowest holds
nothing but ones and costs nothing. Numbers stay in the machine's byte order; the layout's fingerprint tells states of
the other one apart.
"""

from array import array
from collections.abc import Iterable
from typing import Any, TypeAlias, overload

Numbers: TypeAlias = "array[Any]"
BYTES, SECONDS, HASHES, LONG_HASHES, BINS, DOUBLES = "B", "I", "I", "Q", "i", "d"
"""Type codes of a new column: small whole numbers, times until 2106 (wider after), 32-bit and 64-bit hashes, bins."""
_LIMITS = (("B", 1 << 8), ("H", 1 << 16), ("I", 1 << 32))


class Ones:
    """A column of nothing but ones. ``ONES`` serves all of them: it has no length."""

    __slots__ = ()

    @overload
    def __getitem__(self, entries: int) -> int: ...
    @overload
    def __getitem__(self, entries: slice) -> list[int]: ...
    def __getitem__(self, entries: int | slice) -> int | list[int]:
        return [1] * (entries.stop - entries.start) if isinstance(entries, slice) else 1

    def __delitem__(self, entries: slice) -> None:
        """There is nothing to delete."""

    def pop(self, index: int) -> int:
        """There is nothing to take away."""
        return 1


ONES = Ones()
Counts: TypeAlias = "array[Any] | Ones"


def insert(column: Any, index: int, value: Any, *, length: int) -> Any:
    """Insert a value before ``index``.

    Args:
        column: numbers, ones, or a ragged column.
        index: at most the column's length.
        value: what to insert.
        length: how long the column is.

    Returns:
        The column to use from now on: the given one, changed, unless the number needs a wider one.

    Raises:
        OverflowError: if the number is negative, or needs more than 64 bits.
    """
    if column is ONES:
        if value == 1:
            return column
        column = _written_out(length)
    try:
        column.insert(index, value)
    except OverflowError:
        column = _wider(column, value)
        column.insert(index, value)
    return column


def replace(column: Any, index: int, value: Any, *, length: int) -> Any:
    """Replace the value at ``index``. Takes, returns and raises as ``insert``."""
    if column is ONES:
        column = _written_out(length)
    try:
        column[index] = value
    except OverflowError:
        column = _wider(column, value)
        column[index] = value
    return column


def seconds(times: Iterable[int]) -> Numbers:
    """A new column of times. Raises OverflowError if one is negative."""
    times = list(times)
    return array(SECONDS if max(times, default=0) < _LIMITS[-1][1] else "Q", times)


def total(numbers: Counts, first: int, last: int) -> int:
    """The sum of whole numbers from ``first`` up to, not including, ``last``."""
    return last - first if isinstance(numbers, Ones) else sum(numbers[first:last])


def _written_out(length: int) -> Numbers:
    return array(BYTES, b"\1" * length)


def _wider(numbers: Numbers, value: float) -> Numbers:
    return array(next((code for code, limit in _LIMITS if 0 <= value < limit), "Q"), numbers)
