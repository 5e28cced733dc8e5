"""The rows of a training set, a batch at a time: from a Parquet or CSV file, a folder of Parquet files, or a frame."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from pipelines.jobs.training_set import TrainingSetError, files

BATCH = 65_536


class Rows(Protocol):
    """Rows that can be read again and again; ``texts`` are the columns that hold text, for files that do not say."""

    def batches(self, names: frozenset[str], texts: frozenset[str]) -> Iterator[pa.RecordBatch]:
        """Batches of the named columns, each with those that its file has."""

    def __len__(self) -> int:
        """How many rows there are, or about how many where that would have to be counted."""


@dataclass(frozen=True)
class FrameRows:
    """A frame in memory."""

    frame: pd.DataFrame

    def batches(self, names: frozenset[str], texts: frozenset[str]) -> Iterator[pa.RecordBatch]:
        """See ``Rows``."""
        wanted = [name for name in self.frame if name in names]
        for start in range(0, len(self.frame), BATCH):
            part = self.frame[wanted].iloc[start : start + BATCH]
            yield pa.RecordBatch.from_pandas(part, preserve_index=False)

    def __len__(self) -> int:
        return len(self.frame)


@dataclass(frozen=True)
class FileRows:
    """A file, or the Parquet files below a folder.

    Raises:
        TrainingSetError: when read, if there is no such file or it cannot be read; names it.
    """

    path: Path

    def batches(self, names: frozenset[str], texts: frozenset[str]) -> Iterator[pa.RecordBatch]:
        """See ``Rows``."""
        for path in self._paths():
            try:
                yield from _csv(path, names, texts) if path.suffix == ".csv" else _parquet(path, names)
            except (pa.ArrowException, OSError) as exc:
                raise TrainingSetError(f"{path} cannot be read ({exc}): write it again") from exc

    def __len__(self) -> int:
        paths = self._paths()
        if paths[0].suffix == ".csv":
            return 0
        return sum(int(pq.read_metadata(path).num_rows) for path in paths)

    def _paths(self) -> list[Path]:
        if self.path.is_dir():
            return files(self.path)
        if not self.path.is_file():
            raise TrainingSetError(f"there is no file or folder {self.path}: give a training set")
        if self.path.suffix not in (".parquet", ".csv"):
            raise TrainingSetError(f"cannot read {self.path.name}: give .parquet, .csv or a folder of .parquet files")
        return [self.path]


def _parquet(path: Path, names: frozenset[str]) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(path) as source:
        wanted = [name for name in source.schema_arrow.names if name in names]
        yield from source.iter_batches(BATCH, columns=wanted)


def _csv(path: Path, names: frozenset[str], texts: frozenset[str]) -> Iterator[pa.RecordBatch]:
    with pc.open_csv(path) as head:
        there = [name for name in head.schema.names if name in names]
    # Types are said beforehand: guessed from the first block, a number column that begins with blanks would be text.
    types = {name: pa.string() if name in texts else pa.float64() for name in there}
    options = pc.ConvertOptions(include_columns=there, column_types=types, strings_can_be_null=True)
    with pc.open_csv(path, convert_options=options) as source:
        yield from source
