"""Boosted trees: round by round, with missing values and any units."""

from headrace.usecase.algorithms.algorithm import COUNT, NOT_NEGATIVE, POSITIVE, Algorithm, Range

_SAMPLE, _STEP, _PRIOR = Range(0.01, 1), Range(1e-4, 1), Range(1e-6, 1 - 1e-6)
"""Shares of rows or columns, learning rates and first guesses beyond which trees learn nothing."""

XGBOOST = Algorithm(
    name="xgboost",
    title="Gradient boosted trees (XGBoost)",
    own={
        "alpha": NOT_NEGATIVE, "base_score": _PRIOR, "checkpoint_every": COUNT,
        "colsample_bylevel": _SAMPLE, "colsample_bynode": _SAMPLE, "colsample_bytree": _SAMPLE,
        "early_stopping_rounds": Range(0, whole=True), "eta": _STEP, "gamma": NOT_NEGATIVE,
        "grow_policy": ("depthwise", "lossguide"), "lambda": NOT_NEGATIVE, "max_bin": Range(2, 65_536, whole=True),
        "max_delta_step": NOT_NEGATIVE, "max_depth": Range(0, 64, whole=True), "max_leaves": Range(0, whole=True),
        "min_child_weight": NOT_NEGATIVE, "nthread": Range(0, whole=True), "num_round": Range(1, 100_000, whole=True),
        "reg_alpha": NOT_NEGATIVE, "reg_lambda": NOT_NEGATIVE, "sampling_method": ("uniform", "gradient_based"),
        "scale_pos_weight": POSITIVE, "subsample": _SAMPLE, "tree_method": ("auto", "hist"),
        "verbosity": Range(0, 3, whole=True),
    },
    # Of the loop, not of XGBoost, whose own defaults hold for the rest. early_stopping_rounds 0 never stops early.
    defaults={
        "num_round": 500, "early_stopping_rounds": 30, "class_weight": "none", "checkpoint_every": 100, "refit": 1,
    },
    needs_values=False,
    needs_scale=False,
    in_rounds=True,
    adds_up=True,
)  # fmt: skip
