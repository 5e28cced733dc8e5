"""What counts as a change. By default thresholds adapt to sampling noise; an imported baseline brings fixed ones."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from headrace.drift.measures import MEASURES, Measure
from headrace.drift.significance import Control
from headrace.usecase.checks import require


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a table is judged against its baseline.

    A column has drifted if its distance is larger than ``least_effect``, and larger than sampling noise explains for so
    many rows and columns, and larger than what quiet windows were seen to move. Texts have drifted too if no category
    moved that far, but all of them together ten times as far.

    Attributes:
        false_alarms: the chance that a comparison of unchanged tables calls any column drifted.
        control: how that chance is kept though many columns are looked at.
        least_effect: the smallest Kolmogorov-Smirnov distance, or change of a category's share, that matters.
        effects: the same for single columns.
        minimum_rows: columns with fewer values on either side are not judged for drift.
        completeness_tolerance: how much of a column may be missing that was not; sampling noise comes on top.
        type_tolerance: which share of values may be of another type; noise comes on top.
        unknown_tolerance: which share of texts may be new; noise comes on top.
        noise: the distance between quiet windows by column, see ``headrace.drift.noise``.
        noise_margin: how many times that distance is drift.
        ignore: columns that are not looked at.
        numeric, categorical: the measures that are reported and held against a threshold.
        numeric_threshold, categorical_threshold: fixed thresholds, as Model Monitor has them; None adapts. Measures
            other than Kolmogorov-Smirnov and L-infinity need one; that of chi-squared is a chance.
    """

    false_alarms: float = 0.01
    control: Control = "holm"
    least_effect: float = 0.02
    effects: Mapping[str, float] = field(default_factory=dict)
    minimum_rows: int = 200
    completeness_tolerance: float = 0.005
    type_tolerance: float = 0.001
    unknown_tolerance: float = 0.001
    noise: Mapping[str, float] = field(default_factory=dict)
    noise_margin: float = 1.5
    ignore: frozenset[str] = frozenset()
    numeric: Measure = "kolmogorov_smirnov"
    categorical: Measure = "linf_simple"
    numeric_threshold: float | None = None
    categorical_threshold: float | None = None

    def __post_init__(self) -> None:
        require(0 < self.false_alarms < 1, "false_alarms", "is not between 0 and 1", "give a chance such as 0.01")
        require(0 <= self.least_effect < 1, "least_effect", "is not from 0 to 1", "give a distance such as 0.02")
        require(self.minimum_rows >= 1, "minimum_rows", "is below 1", "say how many rows make a verdict")
        adapts = ("kolmogorov_smirnov", "linf_simple")
        for name, measure, threshold in (
            ("numeric", self.numeric, self.numeric_threshold),
            ("categorical", self.categorical, self.categorical_threshold),
        ):
            require(
                measure in adapts or threshold is not None,
                f"{name}_threshold",
                f"is needed with {measure}",
                "give a distance, or use kolmogorov_smirnov or linf_simple, whose threshold adapts",
            )
        require(
            MEASURES[self.numeric].of_numbers is not None,
            "numeric",
            f"{self.numeric} is for categories",
            "use kolmogorov_smirnov",
        )
        require(
            MEASURES[self.categorical].of_texts is not None,
            "categorical",
            f"{self.categorical} is for numbers",
            "use linf_simple",
        )

    def effect(self, name: str) -> float:
        """The smallest distance of a column that is drift, whatever the number of rows."""
        return max(self.effects.get(name, self.least_effect), self.noise_margin * self.noise.get(name, 0.0))
