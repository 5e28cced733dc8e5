"""Does one feature know the answer by itself? Then it is more often a leak of the truth than knowledge.

Each feature is cut into quantile bins of the training rows, with one bin for what is missing; a validation row's score
is the share of positives among the training rows of its bin. So leaks that are not monotone, and leaks by what is
missing, are found as well.
"""

import numpy as np

from pipelines.jobs.algorithms import Rows

_BINS = 64
MOST_ROWS = 50_000


def single_features(train: Rows, validation: Rows, names: tuple[str, ...]) -> dict[str, float]:
    """The area under the ROC curve of each feature alone on validation rows, by name; 0.5 knows nothing.

    Args:
        train: features of shape (n, features), NaN where missing, and labels; at most 50,000 evenly spread rows count.
        validation: likewise.
        names: of the features.
    """
    known, judged = _spread(train), _spread(validation)
    return {name: round(_alone(known, judged, column), 6) for column, name in enumerate(names)}


def _spread(rows: Rows) -> Rows:
    step = max(1, -(-len(rows.labels) // MOST_ROWS))
    return Rows(features=np.asfortranarray(rows.features[::step]), labels=rows.labels[::step])


def _alone(train: Rows, validation: Rows, column: int) -> float:
    values = train.features[:, column]
    present = values[~np.isnan(values)]
    cuts = np.quantile(present, np.linspace(0, 1, _BINS + 1)) if len(present) else np.zeros(1)
    edges = np.unique(cuts.astype(values.dtype))
    bins = _bins(values, edges)
    rows = np.bincount(bins, minlength=len(edges) + 2)
    positives = np.bincount(bins, weights=train.labels, minlength=len(edges) + 2)
    overall = float(np.mean(train.labels))
    # A bin of few rows is pulled towards the whole, or each would have a rate of its own by chance.
    rates = (positives + overall) / (rows + 1)
    judged = _bins(validation.features[:, column], edges)
    return _auc(rates, judged, validation.labels)


def _auc(rates: np.ndarray, bins: np.ndarray, labels: np.ndarray) -> float:
    """The area under the ROC curve of rows that score their bin's rate: rows of equal rate tie, and count half."""
    grouped, group = np.unique(rates, return_inverse=True)
    positives = np.bincount(group[bins], weights=labels, minlength=len(grouped))
    negatives = np.bincount(group[bins], minlength=len(grouped)) - positives
    pairs = positives.sum() * negatives.sum()
    below = np.cumsum(negatives) - negatives
    return float(np.sum(positives * (below + negatives / 2)) / pairs) if pairs else 0.5


def _bins(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """The bin of each value; missing ones have the last."""
    return np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values, side="right"))
