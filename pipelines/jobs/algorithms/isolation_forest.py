"""Isolation forests (Liu et al. 2008), fitted by scikit-learn and kept as plain arrays."""

from dataclasses import dataclass

import numpy as np

from pipelines.jobs.algorithms.at_once import Chosen, at_once
from pipelines.jobs.algorithms.ranks import NO_RANKS, Ranks, sampled

_EULER = 0.5772156649
_NODES = ("column", "threshold", "left", "right", "length")


@dataclass(frozen=True, kw_only=True)
class Forest:
    """Isolation trees laid end to end: per node its column (below 0 at a leaf), threshold, children and path length.

    A leaf's ``length`` is its depth plus the average length of a search among the rows that ended there (Liu et al.
    2008). The raw measure is minus the mean length: unusual rows are isolated early.
    """

    roots: np.ndarray
    column: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    length: np.ndarray
    ranks: Ranks

    def raw(self, matrix: np.ndarray) -> np.ndarray:
        """Minus the mean path length, shape (n,)."""
        total = np.zeros(len(matrix))
        rows = np.arange(len(matrix))
        for root in self.roots:
            node = np.full(len(matrix), root)
            while (inside := self.column[node] >= 0).any():
                low = matrix[rows, np.maximum(self.column[node], 0)] <= self.threshold[node]
                node = np.where(inside, np.where(low, self.left[node], self.right[node]), node)
            total += self.length[node]
        raw: np.ndarray = -total / len(self.roots)
        return raw

    def scores(self, matrix: np.ndarray) -> np.ndarray:
        """Ranks of unusualness."""
        return self.ranks.of(self.raw(matrix))

    def contributions(self, matrix: np.ndarray) -> None:
        """Unknown: path lengths of random trees have no additive parts that are cheap and exact."""
        del matrix


def search_length(rows: np.ndarray) -> np.ndarray:
    """The average path of an unsuccessful search in a binary tree of so many rows: c(n) of Liu et al. 2008."""
    many = np.maximum(np.asarray(rows, dtype=np.float64), 3)
    harmonic = np.log(many - 1) + _EULER
    exact = 2 * harmonic - 2 * (many - 1) / many
    return np.select([np.asarray(rows) <= 1, np.asarray(rows) == 2], [0.0, 1.0], exact)  # noqa: PLR2004 - two rows


def fit_forest(features: np.ndarray, chosen: Chosen) -> Forest:
    """Isolation forest (Liu et al. 2008) over rows of shape (n, columns) without missing values."""
    from sklearn.ensemble import IsolationForest

    rows = sampled(features, int(chosen["seed"]))
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
    bare = Forest(roots=np.array(roots, dtype=np.int32), **arrays, ranks=NO_RANKS)
    return Forest(roots=bare.roots, **arrays, ranks=Ranks.among(bare.raw(rows)))


def _depths(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The depth of each node; children come after their parents."""
    depths = np.zeros(len(left))
    for node in np.flatnonzero(left >= 0):
        depths[[left[node], right[node]]] = depths[node] + 1
    return depths


ISOLATION_FOREST = at_once(
    kind=Forest,
    fit=lambda rows, chosen, _: fit_forest(rows.features, chosen),
    arrays=lambda it: {**{name: getattr(it, name) for name in ("roots", *_NODES)}, "quantiles": it.ranks.quantiles},
    scorer=lambda it: Forest(ranks=Ranks(it.pop("quantiles")), **it),
)
