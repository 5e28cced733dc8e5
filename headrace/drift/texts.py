"""The distribution of a column of texts in bounded room, the same whatever the order of rows and parts.

Up to 4,096 categories are counted exactly. Beyond, each text falls into one of 4,096 bins by its hash: distances of
binned texts are never larger than those of the texts themselves, and a text that is frequent is a bin that is full.
Names of frequent texts are then kept as in Misra and Gries (1982), merged as in Agarwal et al., "Mergeable summaries"
(2012): a count is too low by at most one row in 1,024, and only it depends on the order of rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from zlib import crc32

import numpy as np
import numpy.typing as npt

from headrace.drift.distinct import Distinct, text_hash

CATEGORIES = 4_096
FREQUENT = 1_024
_LONGEST = 200
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Texts:
    """Texts, counted.

    Attributes:
        count: how many.
        named: count by text; of all texts while ``bins`` is None, else of frequent ones and a lower bound.
        bins: how many texts fall into each bin, shape (4096,); None while all are named.
        distinct: how many different ones there are.
        others: how many texts have no name, where a file told only the frequent ones.
    """

    count: int = 0
    named: Mapping[str, int] = field(default_factory=dict)
    bins: Integers | None = None
    distinct: Distinct = field(default_factory=Distinct)
    others: int = 0

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> "Texts":
        """Of texts and how often each occurs."""
        named: dict[str, int] = {}
        for text, times in counts.items():
            short = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…{crc32(_bytes(text)):08x}"
            named[short] = named.get(short, 0) + times
        whole = cls(count=sum(named.values()), named=named, distinct=Distinct.of_texts(named))
        return whole if len(named) <= CATEGORIES else whole._binned()

    def merge(self, other: "Texts") -> "Texts":
        """Of both parts."""
        if not self.count or not other.count:
            return self if self.count else other
        exact = self.bins is None and other.bins is None
        named = dict(self.named)
        for text, times in other.named.items():
            named[text] = named.get(text, 0) + times
        whole = Texts(count=self.count + other.count, named=named, distinct=self.distinct.merge(other.distinct))
        if exact and len(named) <= CATEGORIES:
            return whole
        if exact:
            return whole._binned()
        return whole._binned(self.hashed() + other.hashed())

    def hashed(self) -> Integers:
        """How many texts fall into each bin, shape (4096,)."""
        if self.bins is not None:
            return self.bins
        numbers = np.fromiter((text_hash(text) % CATEGORIES for text in self.named), np.int64, len(self.named))
        weights = np.fromiter(self.named.values(), np.int64, len(self.named))
        bins = np.zeros(CATEGORIES, dtype=np.int64)
        np.add.at(bins, numbers, weights)
        return bins

    @property
    def exact(self) -> bool:
        """Whether every category has its count."""
        return self.bins is None

    def ranked(self) -> list[tuple[str, int]]:
        """Texts and counts, the most frequent first."""
        return sorted(self.named.items(), key=lambda it: (-it[1], it[0]))

    def _binned(self, bins: Integers | None = None) -> "Texts":
        counts = self.hashed() if bins is None else bins
        named = dict(self.named)
        if len(named) > FREQUENT:
            spare = sorted(named.values(), reverse=True)[FREQUENT]
            named = {text: times - spare for text, times in named.items() if times > spare}
        return Texts(count=self.count, named=named, bins=counts, distinct=self.distinct)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
