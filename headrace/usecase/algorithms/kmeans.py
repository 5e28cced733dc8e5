"""Clusters: what is far from the nearest centre is unusual, without labels."""

from headrace.usecase.algorithms.algorithm import COUNT, Algorithm, Range

KMEANS = Algorithm(
    name="kmeans",
    title="k-means, distance to the nearest centre",
    own={"k": Range(1, 1_000, whole=True), "max_iter": COUNT, "n_init": Range(1, 100, whole=True)},
    defaults={"k": 8, "max_iter": 300, "n_init": 4, "seed": 7, "refit": 1},
    unsupervised=True,
)
