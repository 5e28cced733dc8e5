"""Columns whose entries hold many numbers each, laid end to end: the hashes of a bucket, its bins and their counts.

They have the methods of a column of numbers, so that a track need not tell them apart. An entry comes and goes as a
tuple. While every entry holds one number, as single events do, nothing is spent on where each begins.
"""

from abc import ABC, abstractmethod
from array import array
from typing import Generic, TypeAlias, TypeVar

from headrace.windows.columns import BINS, HASHES, ONES, Counts, Numbers, Ones, insert, total

Hashes: TypeAlias = tuple[int, ...]
"""Distinct hashes, ascending."""
Bins: TypeAlias = tuple[tuple[int, int], ...]
"""Numbers of bins and how many values fell into each, ascending."""
Entry = TypeVar("Entry", Hashes, Bins)


class Ragged(ABC, Generic[Entry]):
    """What both kinds share: how many cells each entry has, and the cells."""

    __slots__ = ("cells", "sizes")

    def __init__(self, code: str) -> None:
        self.sizes: Counts = ONES
        self.cells: Numbers = array(code)

    @abstractmethod
    def _read(self, first: int, last: int) -> Entry:
        """The contents of some cells."""

    @abstractmethod
    def _put(self, at: int, entry: Entry) -> None:
        """Insert cells."""

    @abstractmethod
    def _drop(self, cells: slice) -> None:
        """Remove cells."""

    def __len__(self) -> int:
        return len(self.cells) if isinstance(self.sizes, Ones) else len(self.sizes)

    def __getitem__(self, index: int) -> Entry:
        return self._read(*self.cells_of(index, index + 1))

    def __setitem__(self, index: int, entry: Entry) -> None:
        del self[index : index + 1]
        self.insert(index, entry)

    def __delitem__(self, entries: slice) -> None:
        first, last, _ = entries.indices(len(self))
        self._drop(slice(*self.cells_of(first, last)))
        del self.sizes[first:last]

    def insert(self, index: int, entry: Entry) -> None:
        """Insert an entry before ``index``."""
        length = len(self)
        self._put(self._begin(index), entry)
        self.sizes = insert(self.sizes, index, len(entry), length=length)

    def append(self, entry: Entry) -> None:
        """Add an entry at the end."""
        length = len(self)
        self._put(len(self.cells), entry)
        self.sizes = insert(self.sizes, length, len(entry), length=length)

    def pop(self, index: int) -> Entry:
        """Take one entry away."""
        entry = self[index]
        del self[index : index + 1]
        return entry

    def cells_of(self, first: int, last: int) -> tuple[int, int]:
        """Where the cells of the entries from ``first`` up to ``last`` begin and end."""
        return self._begin(first), self._begin(last)

    def _begin(self, index: int) -> int:
        """Where the cells of an entry begin, counted from the nearer end: most changes are among the newest events."""
        length = len(self)
        if index < length // 2:
            return total(self.sizes, 0, index)
        return len(self.cells) - total(self.sizes, index, length)


class HashColumn(Ragged[Hashes]):
    """The smallest distinct hashes of every entry."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(HASHES)

    def _read(self, first: int, last: int) -> Hashes:
        return tuple(self.cells[first:last])

    def _put(self, at: int, entry: Hashes) -> None:
        self.cells[at:at] = array(HASHES, entry)

    def _drop(self, cells: slice) -> None:
        del self.cells[cells]


class BinColumn(Ragged[Bins]):
    """The bins of every entry, and how many values fell into each."""

    __slots__ = ("counts",)

    def __init__(self) -> None:
        super().__init__(BINS)
        self.counts: Counts = ONES

    def _read(self, first: int, last: int) -> Bins:
        return tuple((self.cells[at], self.counts[at]) for at in range(first, last))

    def _put(self, at: int, entry: Bins) -> None:
        for offset, (number, count) in enumerate(entry, at):
            self.counts = insert(self.counts, offset, count, length=len(self.cells))
            self.cells.insert(offset, number)

    def _drop(self, cells: slice) -> None:
        del self.cells[cells]
        del self.counts[cells]
