"""Whom a model must not treat worse: two groups of events, told apart by one field."""

from typing import Literal

from headrace.frozen import dataclass
from headrace.usecase.checks import require


@dataclass(frozen=True, kw_only=True)
class Facet:
    """A field and the condition that makes an event one of the disadvantaged group; all others with a value are not.

    Exactly one condition: ``values`` (the field is one of them), ``below`` or ``at_least``. The field is a feature or a
    clear field of the event. ``favourable`` is the label, and the call, that people wish for: 0 where a positive is a
    fraud, a default or an alarm. The bounds decide the bias gate, where the groups are large enough for a verdict.

    Attributes:
        disparate_impact: bounds of the ratio of favourable calls, disadvantaged by advantaged.
        accuracy_difference: the largest difference of accuracies, either way.
        minimum_rows: with fewer test rows in either group there are intervals, and no verdict.
    """

    field: str
    values: tuple[str | float, ...] = ()
    below: float | None = None
    at_least: float | None = None
    favourable: Literal[0, 1] = 0
    disparate_impact: tuple[float, float] = (0.8, 1.25)
    accuracy_difference: float = 0.05
    minimum_rows: int = 200

    def __post_init__(self) -> None:
        where = f"model.facets[{self.field}]"
        given = (bool(self.values), self.below is not None, self.at_least is not None)
        require(sum(given) == 1, where, "does not have exactly one condition", "give values, below or at_least")
        require(self.favourable in (0, 1), f"{where}.favourable", "is neither 0 nor 1", "name the wished-for label")
        low, high = self.disparate_impact
        require(0 <= low <= 1 <= high, f"{where}.disparate_impact", "does not hold 1", "1 is equal treatment")
        require(
            0 <= self.accuracy_difference <= 1, f"{where}.accuracy_difference", "is outside 0 to 1", "give a fraction"
        )
        require(self.minimum_rows >= 1, f"{where}.minimum_rows", "is below 1", "say how many rows make a verdict")

    @property
    def condition(self) -> str:
        """The condition in words: ``in (a, b)``, ``< 25`` or ``>= 60``."""
        if self.values:
            return f"in ({', '.join(map(str, self.values))})"
        return f"< {self.below:g}" if self.below is not None else f">= {self.at_least:g}"

    @property
    def dimension(self) -> str:
        """The condition as CloudWatch takes it for a dimension's value: in ASCII."""
        return self.condition.encode("ascii", "backslashreplace").decode()
