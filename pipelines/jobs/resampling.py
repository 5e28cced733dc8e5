"""Bring a rare class forward among training rows, and know by how much, so that scores can be corrected for it."""

from dataclasses import dataclass

import numpy as np

from headrace.usecase import Resampling
from pipelines.jobs.algorithms import Rows


@dataclass(frozen=True, kw_only=True)
class Resampler:
    """Keeps a share of the negatives, or draws each positive so many times on average; decided on training rows."""

    negatives_kept: float = 1.0
    positives_times: float = 1.0

    @classmethod
    def of(cls, wanted: Resampling | None, present: float) -> "Resampler":
        """What it takes to have the wanted negatives per positive; nothing if there are no more of them at present."""
        if wanted is None or present <= wanted.negatives:
            return cls()
        if wanted.kind == "undersample":
            return cls(negatives_kept=wanted.negatives / present)
        return cls(positives_times=present / wanted.negatives)

    @property
    def odds(self) -> float:
        """The factor by which the odds of a positive grow; see ``headrace.decisions.without_resampling``."""
        return self.positives_times / self.negatives_kept

    def apply(self, rows: Rows, seed: int) -> Rows:
        """Rows drawn at random, in their old order; the same for the same seed."""
        if self.odds == 1:
            return rows
        rng = np.random.default_rng(seed)
        positives, negatives = np.flatnonzero(rows.labels == 1), np.flatnonzero(rows.labels == 0)
        kept = rng.choice(negatives, round(len(negatives) * self.negatives_kept), replace=False)
        again = rng.choice(positives, round(len(positives) * (self.positives_times - 1)), replace=True)
        index = np.sort(np.concatenate([positives, kept, again]))
        return Rows(features=rows.features[index], labels=rows.labels[index])
