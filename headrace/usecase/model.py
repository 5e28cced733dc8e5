"""What is learned: the label and its costs, the algorithm, and the gates before registration."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from headrace import duration
from headrace.usecase.checks import require, require_duration, require_name, require_one_of, require_unique

Algorithm = Literal["xgboost"]
Metric = Literal["average_precision", "auc", "f1", "recall", "precision"]


@dataclass(frozen=True, kw_only=True)
class Label:
    """The truth that arrives late: a binary field, how late it comes, and what errors cost (any one currency)."""

    field: str
    delay: str
    missed_cost: float
    false_alarm_cost: float

    def __post_init__(self) -> None:
        require_name(self.field, "label.field")
        require(
            require_duration(self.delay, "label.delay") > 0,
            "label.delay",
            "is zero",
            "a truth that comes with the event needs no model: say how late it comes, at least '1s'",
        )
        require(self.missed_cost > 0, "label.missed_cost", "is not positive", "say what a missed positive costs")
        require(self.false_alarm_cost > 0, "label.false_alarm_cost", "is not positive", "say what a false alarm costs")

    @property
    def delay_s(self) -> int:
        """The usual time between an event and its label, in seconds."""
        return duration.seconds(self.delay)


@dataclass(frozen=True, kw_only=True)
class Gate:
    """A floor that a model must reach on the test rows before it is registered."""

    metric: Metric
    minimum: float

    def __post_init__(self) -> None:
        require_one_of(self.metric, get_args(Metric), "model.gates.metric")
        require(
            0 <= self.minimum <= 1,
            f"model.gates[{self.metric}].minimum",
            "is outside 0 to 1",
            "metrics are fractions: give one",
        )


@dataclass(frozen=True, kw_only=True)
class Model:
    """The algorithm, its hyperparameters and the gates before registration."""

    algorithm: Algorithm = "xgboost"
    hyperparameters: Mapping[str, str | int | float] = field(default_factory=dict)
    gates: tuple[Gate, ...] = ()

    def __post_init__(self) -> None:
        require_one_of(self.algorithm, get_args(Algorithm), "model.algorithm")
        require(bool(self.gates), "model.gates", "is empty", "a model without a floor must not be deployed: add a Gate")
        require_unique((g.metric for g in self.gates), "model.gates")
