"""Logistic regression: a weight per column."""

from headrace.usecase.algorithms.algorithm import COUNT, POSITIVE, Algorithm

LINEAR = Algorithm(
    name="linear",
    title="Logistic regression",
    own={"C": POSITIVE, "max_iter": COUNT},
    defaults={"C": 1.0, "max_iter": 1_000, "class_weight": "none", "seed": 7, "refit": 1},
)
