"""Events that are answered more than once: streamed, asked for over HTTP, or tried again. One answer of a model counts.

Counted twice, a row would weigh double and noise seem smaller than it is.
"""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np

_BYTES = 8
"""Of a name's hash: among ten million names two are alike with a chance of 1 in 370,000 (birthday bound)."""


class Repeats:
    """Which names have been seen: eight bytes a name, in sorted runs of which each is larger than those after it."""

    def __init__(self) -> None:
        self._runs: list[np.ndarray] = []

    def fresh(self, names: Sequence[str]) -> np.ndarray:
        """Whether each name comes here for the first time, shape (n,). An empty name always does: it names nobody."""
        hashed = np.array([int.from_bytes(_digest(it)) for it in names], dtype=np.uint64)
        named = np.array([bool(it) for it in names], dtype=bool)
        found = ~named
        chosen, first = np.unique(hashed[named], return_index=True)
        known = np.zeros(len(chosen), dtype=bool)
        for run in self._runs:
            place = np.minimum(np.searchsorted(run, chosen), len(run) - 1)
            known |= run[place] == chosen
        found[np.flatnonzero(named)[first[~known]]] = True
        self._keep(chosen[~known])
        return found

    def _keep(self, run: np.ndarray) -> None:
        if not len(run):
            return
        while self._runs and len(self._runs[-1]) <= 2 * len(run):
            run = np.union1d(self._runs.pop(), run)
        self._runs.append(run)


def name_of(event: str, version: str) -> str:
    """Whom an answer is about, and who gave it."""
    return f"{version}\0{event}"


def _digest(name: str) -> bytes:
    return blake2b(name.encode("utf-8", "surrogatepass"), digest_size=_BYTES).digest()
