"""Which hyperparameters there are, and how they come from a command line. A misspelt one fails, it is not ignored."""

import json
from collections.abc import Mapping, Sequence

import numpy as np

from headrace.errors import HeadraceError

Value = str | int | float
Hyperparameters = Mapping[str, Value]

BOOSTER = frozenset({
    "alpha", "base_score", "colsample_bylevel", "colsample_bynode", "colsample_bytree", "eta", "gamma", "grow_policy",
    "lambda", "max_bin", "max_delta_step", "max_depth", "max_leaves", "min_child_weight", "nthread", "reg_alpha",
    "reg_lambda", "sampling_method", "scale_pos_weight", "seed", "subsample", "tree_method", "verbosity",
})  # fmt: skip
"""Those that go to XGBoost as they are."""
LOOP: Hyperparameters = {
    "num_round": 500,
    "early_stopping_rounds": 30,
    "class_weight": "none",
    "checkpoint_every": 50,
}
"""Those of the training loop, with their defaults."""


class HyperparameterError(HeadraceError):
    """A hyperparameter is unknown or has no usable value. The message names it and the choices."""


def choose(given: Hyperparameters) -> dict[str, Value]:
    """The loop's defaults overlaid with what was given.

    Raises:
        HyperparameterError: naming those that neither XGBoost nor the loop knows, and counts that are not above 0.
    """
    known = BOOSTER | LOOP.keys()
    if unknown := sorted(given.keys() - known):
        raise HyperparameterError(
            f"{', '.join(unknown)} are no hyperparameters: use some of {', '.join(sorted(known))}"
        )
    chosen = {**LOOP, **given}
    for name in ("num_round", "early_stopping_rounds", "checkpoint_every"):
        if not isinstance(chosen[name], int) or int(chosen[name]) < 1:
            raise HyperparameterError(f"{name} is {chosen[name]!r}: give a whole number above 0")
    return chosen


def booster_parameters(chosen: Hyperparameters, labels: np.ndarray) -> dict[str, Value]:
    """What XGBoost is given, the weight of a positive included.

    ``class_weight`` is none, ``balanced`` (negatives per positive of the training rows) or a number. Weights shift
    scores away from probabilities, and with them what a decision band means; so none is the default.

    Raises:
        HyperparameterError: if the class weight is none of these, or stands beside ``scale_pos_weight``.
    """
    parameters = {name: value for name, value in chosen.items() if name in BOOSTER}
    weight = chosen["class_weight"]
    if weight == "none":
        return parameters
    if "scale_pos_weight" in parameters:
        raise HyperparameterError("class_weight and scale_pos_weight say the same thing: give one of them")
    if weight == "balanced":
        weight = float(np.sum(labels == 0) / np.sum(labels == 1))
    if isinstance(weight, str) or weight <= 0:
        raise HyperparameterError(f"class_weight is {weight!r}: use none, balanced, or a number above 0")
    return {**parameters, "scale_pos_weight": weight}


def parse(pairs: Sequence[str]) -> dict[str, Value]:
    """Read ``--name value`` pairs as the training container passes them: numbers become numbers, the rest stays text.

    Raises:
        HyperparameterError: if the texts are not pairs.
    """
    names, texts = pairs[::2], pairs[1::2]
    if len(names) != len(texts) or not all(name.startswith("--") for name in names):
        raise HyperparameterError(f"{' '.join(pairs)} is not a list of --name value pairs")
    return {name[2:]: _value(text) for name, text in zip(names, texts, strict=True)}


def _value(text: str) -> Value:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else text
