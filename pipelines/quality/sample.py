"""A fair sample of whole rows, for pictures of how values are distributed: the rows whose ids hash lowest."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

SIZE = 3_000


@dataclass
class Sample:
    """At most ``size`` rows: the hash of each one's id and its numbers (shape (rows, columns), NaN missing)."""

    columns: int
    size: int = SIZE
    hashes: npt.NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))
    numbers: npt.NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        self.numbers = np.empty((0, self.columns))

    def wanted(self, hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
        """The positions of rows that may still enter, so that only their numbers need be gathered."""
        if len(self.hashes) < self.size:
            return np.argsort(hashes, kind="stable")[: self.size]
        return np.flatnonzero(hashes < self.hashes[-1])

    def __len__(self) -> int:
        return len(self.hashes)

    def add(self, hashes: npt.NDArray[np.uint64], numbers: npt.NDArray[np.float64]) -> None:
        """Let rows enter whose hashes are lower than those of rows held."""
        together = np.concatenate([self.hashes, hashes])
        kept = np.argsort(together, kind="stable")[: self.size]
        self.hashes = together[kept]
        self.numbers = np.concatenate([self.numbers, numbers])[kept]

    def merge(self, other: "Sample") -> None:
        """Take over the sample of another part."""
        self.add(other.hashes, other.numbers)
