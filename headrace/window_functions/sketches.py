"""How a bucket remembers many values in little room: hashes for what is distinct, bins for quantiles.

Both kernels take these functions, so that they agree to the bit. Distinct values are counted by the K smallest hashes
(Bar-Yossef et al., "Counting distinct elements in a data stream", 2002; Beyer et al., 2007): exact up to K, with a
standard error of 1 / sqrt(K - 2), 6 %, beyond. Quantiles come from bins of 1 % relative accuracy (Masson, Rim and Lee,
"DDSketch", 2019). Both combine by union and sum, so the order in which events come leaves no trace.
"""

import hashlib
import math
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypeAlias, cast

if TYPE_CHECKING:  # these import use cases, which import this
    from headrace.usecase.event import FieldType
    from headrace.values import Value

K = 256
"""How many distinct values are counted exactly."""
KEPT = K + 1
"""How many of its smallest hashes a bucket keeps: one more than K tells that there were more."""
_HASHES = float(1 << 32)
_GAMMA = 1.01 / 0.99
_LOG_GAMMA = math.log(_GAMMA)
_SMALLEST = 1e-9
_FIRST = math.ceil(math.log(_SMALLEST) / _LOG_GAMMA)
_LAST = math.floor(math.log(sys.float_info.max) / _LOG_GAMMA)
_MIDDLE = 2 / (_GAMMA + 1)
Share: TypeAlias = tuple[int, int]
"""The share of values at or below a quantile, as numerator and denominator."""
TENTH, HALF, NINE_TENTHS = (1, 10), (1, 2), (9, 10)


def hash_of(value: "Value", kind: "FieldType") -> int:
    """The 32-bit hash under which a value is remembered.

    Args:
        value: as ``coerce_event`` returns it, not None. 0.0 and -0.0 are one value.
        kind: the field's type; calendar parts are numbers.
    """
    if kind == "number":
        text = repr(float(cast(float, value)) + 0.0)
    elif kind == "boolean":
        text = "true" if value else "false"
    elif kind == "string":
        text = str(value)
    else:
        text = str(int(cast(int, value)))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest(), "big")


def distinct(hashes: Sequence[int]) -> float:
    """How many different values there are.

    Args:
        hashes: the distinct hashes, ascending; of more than ``KEPT`` at least the first ``KEPT``.
    """
    return float(len(hashes)) if len(hashes) <= K else (K - 1) / ((hashes[K - 1] + 1) / _HASHES)


def is_new(hashes: Sequence[int], own: int) -> float:
    """1 if no value of this hash was there, else 0; beyond ``K`` values 1 only if the hashes prove it.

    Args:
        hashes: as for ``distinct``.
        own: the hash that is looked for.
    """
    if len(hashes) > K:
        return float(own < hashes[K - 1] and own not in hashes[:K])
    return float(own not in hashes)


def bin_of(value: float) -> int:
    """The bin of a finite number: 0 around zero, above it 1, 2, ... and below it -1, -2, ... by magnitude."""
    size = abs(value)
    if size < _SMALLEST:
        return 0
    number = min(math.ceil(math.log(size) / _LOG_GAMMA), _LAST) - _FIRST + 1
    return number if value > 0 else -number


def representative(number: int) -> float:
    """The value that stands for a bin: within 1 % of all that fall into it."""
    if not number:
        return 0.0
    size: float = _MIDDLE * _GAMMA ** (abs(number) - 1 + _FIRST)
    return size if number > 0 else -size


def quantile(bins: Iterable[tuple[int, int]], counted: int, share: Share) -> float | None:
    """A quantile by nearest rank.

    Args:
        bins: number of the bin and how many values fall into it, ascending.
        counted: how many values there are.
        share: of the values at or below the quantile.

    Returns:
        The representative of the first bin at or below which the quantile's share of the values lies; None if there
        are no values.
    """
    numerator, denominator = share
    reached = 0
    for number, count in bins:
        reached += count
        if denominator * reached >= numerator * counted:
            return representative(number)
    return None
