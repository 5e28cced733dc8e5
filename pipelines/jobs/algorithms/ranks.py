"""From a raw measure of unusualness to a score: its rank among the training rows.

A score of .99 says that 99 % of them were less unusual. So bands and thresholds mean shares of events, whatever the
algorithm.
"""

from dataclasses import dataclass

import numpy as np

_MOST_ROWS = 200_000
_QUANTILES = 1_001


@dataclass(frozen=True)
class Ranks:
    """The share of training rows that are less unusual: a raw measure of unusualness looked up among theirs.

    ``quantiles`` holds the training rows' raw measures at evenly spaced shares from 0 to 1, ascending.
    """

    quantiles: np.ndarray

    @classmethod
    def among(cls, raw: np.ndarray) -> "Ranks":
        """Of the training rows' raw measures, shape (n,)."""
        return cls(np.quantile(raw, np.linspace(0, 1, _QUANTILES)))

    def of(self, raw: np.ndarray) -> np.ndarray:
        """Scores, shape (n,), for raw measures of shape (n,)."""
        shares = np.linspace(0, 1, len(self.quantiles))
        # Of several equal quantiles the highest counts; beyond the last of them a score is 1.
        values, first = np.unique(self.quantiles[::-1], return_index=True)
        ranks: np.ndarray = np.interp(raw, values, shares[::-1][first])
        return ranks


NO_RANKS = Ranks(np.array([0.0]))
"""While raw measures are not known yet."""


def sampled(features: np.ndarray, seed: int) -> np.ndarray:
    """At most 200,000 rows: more change neither trees of 256 rows nor centres, only the time they take."""
    if len(features) <= _MOST_ROWS:
        return features
    rows: np.ndarray = features[np.sort(np.random.default_rng(seed).choice(len(features), _MOST_ROWS, replace=False))]
    return rows
