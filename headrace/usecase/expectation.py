"""What a training set must look like before anything is trained on it."""

import math

from headrace.frozen import dataclass
from headrace.usecase.checks import require


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """A rule for one column of the training set: an event field, a feature or ``label``.

    ``completeness`` is the least share of rows with a value, ``uniqueness`` the least share of distinct values among
    them, ``minimum`` and ``maximum`` bound every value, ``mean`` bounds the average, ``allowed`` lists every value
    that may occur.
    """

    column: str
    completeness: float | None = None
    uniqueness: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    mean: tuple[float, float] | None = None
    allowed: tuple[str | float, ...] = ()

    def __post_init__(self) -> None:
        where = f"expectations[{self.column}]"
        for name, share in (("completeness", self.completeness), ("uniqueness", self.uniqueness)):
            require(
                share is None or 0 <= share <= 1, f"{where}.{name}", "is outside 0 to 1", "give a share of the rows"
            )
        for name, bounds in (("minimum", (self.minimum, self.maximum)), ("mean", self.mean or (None, None))):
            low, high = bounds
            require(all(map(math.isfinite, filter(None, bounds))), f"{where}.{name}", "is not finite", "give a number")
            require(
                low is None or high is None or low <= high, f"{where}.{name}", "is above its upper bound", "swap them"
            )
        asked = (self.completeness, self.uniqueness, self.minimum, self.maximum, self.mean)
        require(
            bool(self.allowed) or any(it is not None for it in asked),
            where,
            "expects nothing",
            "name at least one bound",
        )
