"""Which hyperparameters there are, and how they come from a command line. A misspelt one fails, it is not ignored."""

import hashlib
import json
from collections.abc import Mapping, Sequence

from headrace.errors import HeadraceError
from headrace.usecase.algorithms import ALGORITHMS, Value

Hyperparameters = Mapping[str, Value]

_TREES = ALGORITHMS["xgboost"]
BOOSTER = frozenset(_TREES.allowed) - _TREES.defaults.keys()
"""Those that go to XGBoost as they are."""


class HyperparameterError(HeadraceError):
    """A hyperparameter is unknown or has no usable value. The message names it and the choices."""


def choose(given: Hyperparameters, algorithm: str = "xgboost") -> dict[str, Value]:
    """The algorithm's defaults overlaid with what was given.

    Raises:
        HyperparameterError: naming those that the algorithm does not have, and those it cannot work with.
    """
    about = ALGORITHMS[algorithm]
    known = about.allowed.keys() | about.defaults.keys()
    if unknown := sorted(given.keys() - known):
        raise HyperparameterError(
            f"{', '.join(unknown)} are no hyperparameters of {algorithm}: use some of {', '.join(sorted(known))}"
        )
    for name, problem, fix in about.unfit(given):
        raise HyperparameterError(f"{name} {problem}: {fix}")
    return {**about.defaults, **given}


def positive_weight(chosen: Hyperparameters, negatives: float) -> float:
    """How much more a positive counts than a negative while training; there are so many ``negatives`` per positive.

    ``class_weight`` is none, ``balanced`` (negatives per positive of the training rows) or a number. Scores are
    corrected for the weight before anybody sees them, so decision bands keep their meaning.

    Raises:
        HyperparameterError: if the class weight is none of these, or stands beside ``scale_pos_weight``.
    """
    weight = chosen.get("class_weight", "none")
    if weight == "none":
        return float(chosen.get("scale_pos_weight", 1))
    if "scale_pos_weight" in chosen:
        raise HyperparameterError("class_weight and scale_pos_weight say the same thing: give one of them")
    if weight == "balanced":
        return negatives
    if isinstance(weight, str) or weight <= 0:
        raise HyperparameterError(f"class_weight is {weight!r}: use none, balanced, or a number above 0")
    return float(weight)


def booster_parameters(chosen: Hyperparameters, weight: float) -> dict[str, Value]:
    """What XGBoost is given, the weight of a positive included unless it is 1."""
    parameters = {name: value for name, value in chosen.items() if name in BOOSTER and name != "scale_pos_weight"}
    return parameters if weight == 1 else {**parameters, "scale_pos_weight": weight}


def fingerprint(chosen: Hyperparameters) -> str:
    """A name for these hyperparameters: the same for the same ones."""
    return hashlib.sha256(json.dumps(chosen, sort_keys=True).encode()).hexdigest()[:16]


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
