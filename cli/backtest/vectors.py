"""The feature vectors of a backtest: computed in blocks by the columnar kernel, kept on disk, read by range.

The kernel's vectors are those of the stream (tests prove it), each from what was known at its event's time, so a block
may be computed before the walk reaches it. Only one block is in memory at a time.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from cli.backtest.answers import answered
from cli.backtest.model import Deployed
from cli.backtest.past import Past
from headrace.usecase import UseCase
from headrace.windows_columnar import training_frame

DAY_S = 86_400
BLOCK_ROWS = 250_000
"""About how many vectors are computed at once."""
MOST_DAYS = 28
FILE_ROWS = 20_000


class Vectors(Protocol):
    """Where a walk gets feature vectors, and the answers that a deployed model gives to them."""

    def rows(self, since: int, until: int) -> Iterator[pd.DataFrame]:
        """The vectors of the events from ``since`` to before ``until``, as ``training_frame`` gives them, in parts."""

    def answers(self, since: int, until: int, model: Deployed | None) -> pd.DataFrame:
        """What the platform answers to these events; see ``cli.backtest.answers``. No columns without events."""


class VectorFiles:
    """Vectors on disk, in files of bounded size. What is added later is later in time."""

    def __init__(self, folder: Path, timestamp: str) -> None:
        self._folder, self._timestamp = folder, timestamp
        self._files: list[tuple[int, int, Path]] = []
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, frame: pd.DataFrame) -> None:
        """Keep rows that are ordered by time."""
        for start in range(0, len(frame), FILE_ROWS):
            part = frame.iloc[start : start + FILE_ROWS]
            path = self._folder / f"{len(self._files):06}.parquet"
            part.to_parquet(path, index=False, compression="lz4")
            first, last = part[self._timestamp].iloc[[0, -1]]
            self._files.append((int(first), int(last), path))

    def read(self, since: int, until: int) -> Iterator[pd.DataFrame]:
        """The rows from ``since`` to before ``until``, file by file; files without any are left out."""
        for first, last, path in self._files:
            if first < until and last >= since:
                frame = pd.read_parquet(path)
                frame = frame[frame[self._timestamp].between(since, until, inclusive="left")]
                if len(frame):
                    yield frame.reset_index(drop=True)


class ColumnarVectors:
    """Vectors by the columnar kernel, block after block as they are needed."""

    def __init__(self, usecase: UseCase, past: Past, folder: Path, *, first: int, until: int) -> None:
        """Plan the blocks.

        Args:
            usecase: whose features.
            past: events and labels.
            folder: where vectors are kept.
            first: nothing older is asked for.
            until: nothing from here on is asked for.
        """
        self._usecase, self._past, self._until = usecase, past, until
        times = past.events[usecase.event.timestamp]
        self._done = max(first, int(times.min())) // DAY_S * DAY_S
        rows = int(times.between(self._done, until).sum())
        days = max(1, (until - self._done) // DAY_S)
        self._block_s = DAY_S * int(np.clip(BLOCK_ROWS * days // max(1, rows), 1, MOST_DAYS))
        self._files = VectorFiles(folder, usecase.event.timestamp)

    def rows(self, since: int, until: int) -> Iterator[pd.DataFrame]:
        """See ``Vectors``."""
        while self._done < min(until, self._until):
            block = (self._done, min(self._done + self._block_s, self._until))
            events, labels = self._past.events, self._past.labels
            self._files.add(training_frame(self._usecase, events, labels, since=block[0], until=block[1]))
            self._done = block[1]
        return self._files.read(since, until)

    def answers(self, since: int, until: int, model: Deployed | None) -> pd.DataFrame:
        """See ``Vectors``."""
        parts = [answered(self._usecase, rows, model) for rows in self.rows(since, until)]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
