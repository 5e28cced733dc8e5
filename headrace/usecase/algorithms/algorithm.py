"""What must be known of an algorithm before anything is trained: its hyperparameters, and what it asks of rows.

It is used twice: a use case with an unfit value fails at import, and a training job that is given one on its command
line fails before it reads a row. Functions import it cold, so it needs the standard library only.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import field

from headrace.frozen import dataclass

Value = str | int | float


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


Choices = Range | tuple[str, ...]
NOT_NEGATIVE, POSITIVE = Range(0), Range(0, open=True)
COUNT = Range(1, whole=True)
_COMMON: Mapping[str, Choices] = {"seed": Range(0, 2**31 - 1, whole=True), "refit": Range(0, 1, whole=True)}


@dataclass(frozen=True, kw_only=True)
class Algorithm:
    """An algorithm as use cases name it.

    Attributes:
        name: what ``Model.algorithm`` says, and ``pipelines.jobs.algorithms`` fits and serves by.
        title: what people call it; model cards and reports say so.
        own: its hyperparameters and their values. Every algorithm has ``seed`` and ``refit`` besides; with ``refit`` 1
            the model that serves has learned from training and validation rows.
        defaults: what it is given where nobody says otherwise.
        unsupervised: it learns without labels: a score is the share of training rows that are less unusual.
        needs_values: it cannot take missing values.
        needs_scale: its penalty or distance would depend on the units of a feature.
        in_rounds: it learns round by round, ``num_round`` of them, so that it can be stopped early by validation rows.
        adds_up: several machines can train it together, each from a share of the rows.
        least_features: it learns nothing of fewer.
    """

    name: str
    title: str
    own: Mapping[str, Choices]
    defaults: Mapping[str, Value] = field(default_factory=dict)
    unsupervised: bool = False
    needs_values: bool = True
    needs_scale: bool = True
    in_rounds: bool = False
    adds_up: bool = False
    least_features: int = 1

    @property
    def allowed(self) -> Mapping[str, Choices]:
        """Its hyperparameters by name. ``class_weight`` is beside it: see ``Model.class_weight``."""
        return {**_COMMON, **self.own}

    def unfit(self, given: Mapping[str, Value]) -> Iterator[tuple[str, str, str]]:
        """Every hyperparameter that the algorithm cannot take, as its name, what is wrong, and the fix.

        Args:
            given: hyperparameters by name; ``class_weight`` is left to the model.
        """
        allowed = self.allowed
        for name, value in given.items():
            if name == "class_weight":
                continue
            if name not in allowed:
                yield name, f"{self.name} has no such hyperparameter", f"use some of {', '.join(sorted(allowed))}"
            elif value not in allowed[name]:
                choices = allowed[name]
                fit = str(choices) if isinstance(choices, Range) else f"one of {', '.join(choices)}"
                yield name, f"is {value!r}", f"give {fit}"
