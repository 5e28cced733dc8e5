"""Columns of packed numbers: arrays, so that a state is read and written at the speed of memory.

Whole numbers are held in a narrow array and move to a wider one when a number does not fit. Numbers stay in the
machine's byte order; the layout's fingerprint tells states of the other one apart.
"""

from array import array
from typing import Any, TypeAlias

Numbers: TypeAlias = "array[Any]"
BYTES, SECONDS, HASHES, DOUBLES = "B", "I", "Q", "d"
"""Type codes for a new column: small whole numbers, times until 2106 (wider after), 64-bit hashes, real numbers."""
_LIMITS = (("B", 1 << 8), ("H", 1 << 16), ("I", 1 << 32))


def insert(numbers: Numbers, index: int, value: float) -> Numbers:
    """Insert a number before ``index``.

    Returns:
        The column to use from now on: the given one, changed, unless the number needs a wider one.

    Raises:
        OverflowError: if the number is negative, or needs more than 64 bits.
    """
    try:
        numbers.insert(index, value)
    except OverflowError:
        numbers = _wider(numbers, value)
        numbers.insert(index, value)
    return numbers


def replace(numbers: Numbers, index: int, value: float) -> Numbers:
    """Replace the number at ``index``. Returns and raises as ``insert``."""
    try:
        numbers[index] = value
    except OverflowError:
        numbers = _wider(numbers, value)
        numbers[index] = value
    return numbers


def _wider(numbers: Numbers, value: float) -> Numbers:
    return array(next((code for code, limit in _LIMITS if 0 <= value < limit), "Q"), numbers)
