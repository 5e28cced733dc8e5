"""A model that has passed its gates, as it answers while it is deployed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipelines.jobs.inference import ServedModel


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """A deployed model.

    Attributes:
        folder: of the unpacked artifact.
        splits: folder of the splits which it learned from and was judged on; there only if a policy asks for drift.
        model: the artifact as the endpoint loads it.
        evaluation: ``evaluation.json`` of its candidacy.
    """

    folder: Path
    splits: Path
    model: ServedModel
    evaluation: dict[str, Any]

    def scores(self, rows: pd.DataFrame) -> np.ndarray:
        """Scores, shape (n,), of vectors as ``training_frame`` returns them."""
        matrix = np.empty((len(rows), len(self.model.features)), dtype=np.float32)
        for position, name in enumerate(self.model.features):
            matrix[:, position] = rows[name].to_numpy()
        scores: np.ndarray = self.model.scores(matrix).astype(np.float64)
        return scores

    def decisions(self, scores: np.ndarray) -> np.ndarray:
        """The band of each score, as the endpoint decides."""
        return np.array(self.model.decide(scores), dtype=object)
