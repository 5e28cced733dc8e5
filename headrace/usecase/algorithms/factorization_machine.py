"""Factorization machines: a weight per column and one per pair of columns."""

from headrace.usecase.algorithms.algorithm import COUNT, NOT_NEGATIVE, Algorithm, Range

FACTORIZATION_MACHINE = Algorithm(
    name="factorization_machine",
    title="Factorization machine of second order",
    own={
        "factors": Range(1, 256, whole=True),
        "init_scale": Range(0, 1, open=True),
        "l2": NOT_NEGATIVE,
        "l2_factors": NOT_NEGATIVE,
        "max_iter": COUNT,
    },
    defaults={
        "factors": 8,
        "init_scale": 0.05,
        "l2": 1e-6,
        "l2_factors": 1e-4,
        "max_iter": 300,
        "class_weight": "none",
        "seed": 7,
        "refit": 1,
    },
    least_features=2,
)
