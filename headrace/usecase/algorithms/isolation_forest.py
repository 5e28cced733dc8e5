"""Isolation forests: unusual rows are isolated early by random trees, without labels and in any units."""

from headrace.usecase.algorithms.algorithm import Algorithm, Range

ISOLATION_FOREST = Algorithm(
    name="isolation_forest",
    title="Isolation forest",
    own={"n_estimators": Range(1, 2_000, whole=True), "max_samples": Range(2, whole=True)},
    defaults={"n_estimators": 100, "max_samples": 256, "seed": 7, "refit": 1},
    unsupervised=True,
    needs_scale=False,
)
