"""The rows that judge: later than all that was learned from, and touched once."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from headrace.usecase import UseCase
from pipelines.jobs import training_set
from pipelines.jobs.training_set import LABEL, TIMESTAMP, TrainingSetError


@dataclass(frozen=True)
class JudgedRows:
    """A test split as it was read: every feature of the use case, fields of facets, times and labels."""

    table: pa.Table

    @classmethod
    def read(cls, folder: Path, usecase: UseCase) -> "JudgedRows":
        """Read a split.

        Raises:
            TrainingSetError: if columns are missing, or there are labels and all are of one class.
        """
        names = (TIMESTAMP, *usecase.facet_fields, *usecase.feature_names, LABEL)
        rows = cls(training_set.read(folder, usecase, tuple(dict.fromkeys(names))))
        if usecase.model.labelled and not 0 < rows.labels.sum() < len(rows.labels):
            raise TrainingSetError(
                f"the test split has one class only ({len(rows.labels)} rows): cut the splits by preprocess"
            )
        return rows

    @property
    def timestamps(self) -> np.ndarray:
        """Seconds, shape (n,)."""
        times: np.ndarray = self.table.column(TIMESTAMP).to_numpy()
        return times

    @property
    def labels(self) -> np.ndarray:
        """0 or 1, shape (n,)."""
        return training_set.labels(self.table)

    def matrix(self, features: tuple[str, ...]) -> np.ndarray:
        """Features in this order, shape (n, features), float32, NaN where missing."""
        return training_set.matrix(self.table, features)

    def column(self, name: str) -> np.ndarray:
        """The values of one column, shape (n,): numbers with NaN, or texts with None, where missing."""
        values: np.ndarray = self.table.column(name).to_numpy()
        return values

    def after(self, timestamp: int) -> "JudgedRows":
        """Those later than a moment."""
        return JudgedRows(self.table.filter(pa.array(self.timestamps > timestamp)))
