"""Which algorithms there are, and which hyperparameters each of them takes.

The table is used twice: a use case with an unfit value fails at import, and a training job that is given one on its
command line fails before it reads a row.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Literal

from headrace.frozen import dataclass

Algorithm = Literal["xgboost", "linear", "factorization_machine", "isolation_forest", "kmeans"]
Value = str | int | float

UNSUPERVISED: frozenset[Algorithm] = frozenset({"isolation_forest", "kmeans"})
"""Algorithms that learn without labels: their score is the share of training rows that are less unusual."""
NEEDS_VALUES: frozenset[Algorithm] = frozenset({"linear", "factorization_machine", "isolation_forest", "kmeans"})
"""Algorithms that cannot take missing values."""
NEEDS_SCALE: frozenset[Algorithm] = frozenset({"linear", "factorization_machine", "kmeans"})
"""Algorithms whose penalty or distance would depend on the units of a feature."""


@dataclass(frozen=True)
class Range:
    """Numbers from ``low`` to ``high``; ``open`` shuts out the low end, ``whole`` all fractions."""

    low: float
    high: float = math.inf
    open: bool = False
    whole: bool = False

    def __contains__(self, value: object) -> bool:
        if (
            isinstance(value, bool)
            or not isinstance(value, (int, float))
            or (self.whole and not isinstance(value, int))
        ):
            return False
        return (self.low < value if self.open else self.low <= value) and value <= self.high

    def __str__(self) -> str:
        kind = "a whole number" if self.whole else "a number"
        low = f"above {self.low:g}" if self.open else f"from {self.low:g}"
        return f"{kind} {low}{'' if math.isinf(self.high) else f' to {self.high:g}'}"


_NOT_NEGATIVE, _POSITIVE, _SHARE = Range(0), Range(0, open=True), Range(0, 1, open=True)
_SAMPLE, _STEP, _PRIOR = Range(0.01, 1), Range(1e-4, 1), Range(1e-6, 1 - 1e-6)
"""Shares of rows or columns, learning rates and first guesses beyond which trees learn nothing."""
_COUNT, _SEED = Range(1, whole=True), Range(0, 2**31 - 1, whole=True)
_COMMON: dict[str, Range | tuple[str, ...]] = {"seed": _SEED, "refit": Range(0, 1, whole=True)}

ALLOWED: Mapping[Algorithm, Mapping[str, Range | tuple[str, ...]]] = {
    "xgboost": _COMMON | {
        "alpha": _NOT_NEGATIVE, "base_score": _PRIOR, "checkpoint_every": _COUNT,
        "colsample_bylevel": _SAMPLE, "colsample_bynode": _SAMPLE, "colsample_bytree": _SAMPLE,
        "early_stopping_rounds": Range(0, whole=True), "eta": _STEP, "gamma": _NOT_NEGATIVE,
        "grow_policy": ("depthwise", "lossguide"), "lambda": _NOT_NEGATIVE, "max_bin": Range(2, 65_536, whole=True),
        "max_delta_step": _NOT_NEGATIVE, "max_depth": Range(0, 64, whole=True), "max_leaves": Range(0, whole=True),
        "min_child_weight": _NOT_NEGATIVE, "nthread": Range(0, whole=True), "num_round": Range(1, 100_000, whole=True),
        "reg_alpha": _NOT_NEGATIVE, "reg_lambda": _NOT_NEGATIVE, "sampling_method": ("uniform", "gradient_based"),
        "scale_pos_weight": _POSITIVE, "subsample": _SAMPLE, "tree_method": ("auto", "hist"),
        "verbosity": Range(0, 3, whole=True),
    },
    "linear": _COMMON | {"C": _POSITIVE, "max_iter": _COUNT},
    "factorization_machine": _COMMON | {
        "factors": Range(1, 256, whole=True), "init_scale": _SHARE, "l2": _NOT_NEGATIVE, "l2_factors": _NOT_NEGATIVE,
        "max_iter": _COUNT,
    },
    "isolation_forest": _COMMON | {"n_estimators": Range(1, 2_000, whole=True), "max_samples": Range(2, whole=True)},
    "kmeans": _COMMON | {"k": Range(1, 1_000, whole=True), "max_iter": _COUNT, "n_init": Range(1, 100, whole=True)},
}  # fmt: skip
"""What each algorithm takes. ``class_weight`` is beside it: see ``Model.class_weight``."""


def unfit(algorithm: Algorithm, given: Mapping[str, Value]) -> Iterator[tuple[str, str, str]]:
    """Every hyperparameter that the algorithm cannot take, as its name, what is wrong, and the fix.

    Args:
        algorithm: one that there is.
        given: hyperparameters by name; ``class_weight`` is left to the model.
    """
    allowed = ALLOWED[algorithm]
    for name, value in given.items():
        if name == "class_weight":
            continue
        if name not in allowed:
            yield name, f"{algorithm} has no such hyperparameter", f"use some of {', '.join(sorted(allowed))}"
        elif value not in allowed[name]:
            choices = allowed[name]
            fit = str(choices) if isinstance(choices, Range) else f"one of {', '.join(choices)}"
            yield name, f"is {value!r}", f"give {fit}"
