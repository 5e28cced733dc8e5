"""Arrays of a packed state, one behind the other, and one byte for each that says how it is stored.

That byte is the array's type code, with the eighth bit set if all its bytes are equal and only one is stored; 0 for
nothing but ones; or a small number n if it equals the n-th of these arrays, as sum, minimum and last value of single
events do.
"""

from array import array
from collections.abc import Sequence
from typing import Any, TypeAlias

from headrace.windows.columns import ONES, Counts, Ones, total

_ONES = 0
EQUAL = 0x80
_SHARED = 64
"""Bytes from 1 up to this one refer to an earlier array."""
_CODES = {code: ord(code) for code in "BHIQid"}
_TYPES = {ord(code): (code, array(code).itemsize) for code in "BHIQid"}

Packed: TypeAlias = tuple[bytes, int, bytes, int]
"""Arrays as ``unpack`` takes them: the bytes, where in them the first begins, codes, and how many entries each has."""


def pack(arrays: Sequence[Counts], parts: list[bytes]) -> bytes:
    """Append packed arrays to the parts. Returns their codes."""
    codes = bytearray()
    earlier: list[bytes | None] = []
    for numbers in arrays:
        if isinstance(numbers, Ones):
            codes.append(_ONES)
            earlier.append(None)
            continue
        packed, code = numbers.tobytes(), _CODES[numbers.typecode]
        place = earlier.index(packed) if packed in earlier else _SHARED
        earlier.append(packed)
        if place < _SHARED - 1 and codes[place] == code:
            codes.append(place + 1)
        elif len(packed) > 1 and packed[0] == packed[-1] and packed.count(packed[0]) == len(packed):
            codes.append(code | EQUAL)
            parts.append(packed[:1])
        else:
            codes.append(code)
            parts.append(packed)
    return bytes(codes)


def unpack(
    data: bytes, at: int, codes: bytes, entries: int, sized_by: Sequence[int | None] = ()
) -> tuple[list[Any], int]:
    """The arrays with these codes, from ``at`` on. Returns them and where they end."""
    arrays: list[Any] = []
    length = entries
    for code in codes:
        if sized_by:
            sizes = sized_by[len(arrays)]
            length = entries if sizes is None else total(arrays[sizes], 0, entries)
        known = _TYPES.get(code)
        if known is not None:
            kind, size = known
            after = at + length * size
            arrays.append(array(kind, data[at:after]))
            at = after
        elif code == _ONES:
            arrays.append(ONES)
        elif code < _SHARED:
            arrays.append(arrays[code - 1][:])
        else:
            kind, size = _TYPES[code ^ EQUAL]
            arrays.append(array(kind, data[at : at + 1] * (length * size)))
            at += 1
    return arrays, at
