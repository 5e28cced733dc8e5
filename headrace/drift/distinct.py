"""How many different values a column holds, in bounded room, whatever the order of rows and parts.

The K smallest of their hashes tell (Bar-Yossef et al., "Counting distinct elements in a data stream", 2002): exact up
to K values, with a standard error of 1 / sqrt(K - 2), 3 %, beyond.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from zlib import crc32

import numpy as np
import numpy.typing as npt

K = 1_024
_WHOLE = float(1 << 64)
Hashes = npt.NDArray[np.uint64]


def _nothing() -> Hashes:
    return np.zeros(0, dtype=np.uint64)


@dataclass(frozen=True, eq=False)
class Distinct:
    """The smallest hashes of the values seen, ascending, at most K + 1: one more tells that there were more than K."""

    smallest: Hashes = field(default_factory=_nothing)

    @property
    def exact(self) -> bool:
        """Whether ``count`` is no estimate."""
        return len(self.smallest) <= K

    @property
    def count(self) -> int:
        """How many different values there were."""
        if self.exact:
            return len(self.smallest)
        return round((K - 1) / ((float(self.smallest[K - 1]) + 1) / _WHOLE))

    @classmethod
    def of_bits(cls, patterns: npt.NDArray[np.int64]) -> "Distinct":
        """Of numbers by their bits, shape (n,)."""
        return cls(_kept(_mixed(patterns.view(np.uint64))))

    @classmethod
    def of_texts(cls, texts: Iterable[str]) -> "Distinct":
        """Of texts."""
        hashes = np.fromiter((text_hash(it) for it in texts), dtype=np.uint64)
        return cls(_kept(_mixed(hashes)))

    def merge(self, other: "Distinct") -> "Distinct":
        """Of both parts."""
        return Distinct(_kept(np.concatenate([self.smallest, other.smallest])))


def text_hash(text: str) -> int:
    """A text as 32 bits that are the same on every machine."""
    return crc32(text.encode("utf-8", "surrogatepass"))


def _mixed(values: Hashes) -> Hashes:
    """Spread over all 64 bits (the finalizer of SplitMix64; Steele, Lea and Flood, 2014)."""
    with np.errstate(over="ignore"):
        mixed = values + np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ mixed >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ mixed >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    spread: Hashes = mixed ^ mixed >> np.uint64(31)
    return spread


def _kept(hashes: Hashes) -> Hashes:
    if len(hashes) > 4 * K:  # what cannot be among the smallest need not be sorted
        distinct_enough = _once(np.partition(hashes, 4 * K)[: 4 * K])
        if len(distinct_enough) > K:
            return distinct_enough[: K + 1]
    return _once(hashes)[: K + 1]


def _once(hashes: Hashes) -> Hashes:
    """Ascending and each once, as ``np.unique`` has them, which for so few takes twice as long."""
    ordered = np.sort(hashes)
    first = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    once: Hashes = ordered[first]
    return once
