"""Models that learn without labels, fitted by scikit-learn and kept as plain arrays.

Their raw measure of unusualness becomes a score by its rank among the training rows: .99 says that 99 % of them were
less unusual. So bands and thresholds mean shares of events, whatever the algorithm.
"""

import numpy as np
from sklearn.cluster import KMeans
from sklearn.ensemble import IsolationForest

from pipelines.jobs.hyperparameters import Hyperparameters
from pipelines.jobs.served.scorers import Centres, Forest, Ranks, search_length

_MOST_ROWS = 200_000
_QUANTILES = 1_001
_NO_RANKS = Ranks(np.array([0.0]))


def fit_forest(features: np.ndarray, chosen: Hyperparameters) -> Forest:
    """Isolation forest (Liu et al. 2008) over rows of shape (n, columns) without missing values."""
    rows = _sampled(features, int(chosen["seed"]))
    forest = IsolationForest(
        n_estimators=int(chosen["n_estimators"]),
        max_samples=min(int(chosen["max_samples"]), len(rows)),
        random_state=int(chosen["seed"]),
    ).fit(rows)
    parts: dict[str, list[np.ndarray]] = {name: [] for name in ("column", "threshold", "left", "right", "length")}
    roots, nodes = [], 0
    for estimator in forest.estimators_:
        tree = estimator.tree_
        roots.append(nodes)
        parts["column"].append(tree.feature.astype(np.int32))
        parts["threshold"].append(tree.threshold)
        parts["left"].append((tree.children_left + nodes).astype(np.int32))
        parts["right"].append((tree.children_right + nodes).astype(np.int32))
        parts["length"].append(_depths(tree.children_left, tree.children_right) + search_length(tree.n_node_samples))
        nodes += tree.node_count
    arrays = {name: np.concatenate(values) for name, values in parts.items()}
    bare = Forest(roots=np.array(roots, dtype=np.int32), **arrays, ranks=_NO_RANKS)
    return Forest(roots=bare.roots, **arrays, ranks=_ranks(bare.raw(rows)))


def fit_centres(features: np.ndarray, chosen: Hyperparameters) -> Centres:
    """Cluster centres of rows of shape (n, columns) without missing values."""
    rows = _sampled(features, int(chosen["seed"]))
    fitted = KMeans(
        n_clusters=min(int(chosen["k"]), len(rows)),
        max_iter=int(chosen["max_iter"]),
        n_init=int(chosen["n_init"]),
        random_state=int(chosen["seed"]),
    ).fit(rows)
    bare = Centres(centres=fitted.cluster_centers_.astype(np.float64), ranks=_NO_RANKS)
    return Centres(centres=bare.centres, ranks=_ranks(bare.raw(rows)))


def _sampled(features: np.ndarray, seed: int) -> np.ndarray:
    """At most 200,000 rows: more change neither trees of 256 rows nor centres, only the time they take."""
    if len(features) <= _MOST_ROWS:
        return features
    sampled: np.ndarray = features[
        np.sort(np.random.default_rng(seed).choice(len(features), _MOST_ROWS, replace=False))
    ]
    return sampled


def _ranks(raw: np.ndarray) -> Ranks:
    return Ranks(np.quantile(raw, np.linspace(0, 1, _QUANTILES)))


def _depths(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The depth of each node; children come after their parents."""
    depths = np.zeros(len(left))
    for node in np.flatnonzero(left >= 0):
        depths[[left[node], right[node]]] = depths[node] + 1
    return depths
