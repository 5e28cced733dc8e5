"""Cluster centres: unusual is what is far from the nearest one. Fitted by scikit-learn and kept as plain arrays."""

from dataclasses import dataclass

import numpy as np

from pipelines.jobs.algorithms.at_once import Chosen, at_once
from pipelines.jobs.algorithms.ranks import NO_RANKS, Ranks, sampled


@dataclass(frozen=True, kw_only=True)
class Centres:
    """Cluster centres, shape (k, columns): the raw measure is the distance to the nearest one."""

    centres: np.ndarray
    ranks: Ranks

    def raw(self, matrix: np.ndarray) -> np.ndarray:
        """Distances, shape (n,)."""
        nearest = np.full(len(matrix), np.inf)
        for centre in self.centres:
            nearest = np.minimum(nearest, np.sum((matrix - centre) ** 2, axis=1))
        raw: np.ndarray = np.sqrt(nearest)
        return raw

    def scores(self, matrix: np.ndarray) -> np.ndarray:
        """Ranks of the distance."""
        return self.ranks.of(self.raw(matrix))

    def contributions(self, matrix: np.ndarray) -> None:
        """Unknown: a rank of a distance is no sum over columns."""
        del matrix


def fit_centres(features: np.ndarray, chosen: Chosen) -> Centres:
    """Cluster centres of rows of shape (n, columns) without missing values."""
    from sklearn.cluster import KMeans

    rows = sampled(features, int(chosen["seed"]))
    fitted = KMeans(
        n_clusters=min(int(chosen["k"]), len(rows)),
        max_iter=int(chosen["max_iter"]),
        n_init=int(chosen["n_init"]),
        random_state=int(chosen["seed"]),
    ).fit(rows)
    bare = Centres(centres=fitted.cluster_centers_.astype(np.float64), ranks=NO_RANKS)
    return Centres(centres=bare.centres, ranks=Ranks.among(bare.raw(rows)))


KMEANS = at_once(
    kind=Centres,
    fit=lambda rows, chosen, _: fit_centres(rows.features, chosen),
    arrays=lambda it: {"centres": it.centres, "quantiles": it.ranks.quantiles},
    scorer=lambda it: Centres(ranks=Ranks(it.pop("quantiles")), **it),
)
