"""Features computed from other features of the same vector, at the moment of evaluation."""

import math
from typing import Literal, get_args

from headrace.frozen import dataclass
from headrace.usecase.checks import require, require_name, require_one_of

ExpressionFunction = Literal["difference", "ratio", "zscore", "outside"]
OPERANDS: dict[ExpressionFunction, tuple[str, ...]] = {
    "difference": ("subtrahend",),
    "ratio": ("denominator",),
    "zscore": ("mean", "standard deviation"),
    "outside": ("lower bound", "upper bound"),
}
"""What each function measures ``of`` against."""


@dataclass(frozen=True, kw_only=True)
class Expression:
    """A feature made of features: ``of`` measured against others, all of them inputs, calendar parts or windows.

    ``difference`` is of - a; ``ratio`` is of / a; ``zscore`` is (of - mean) / standard deviation; ``outside`` is 1 if
    of lies below the lower or above the upper bound, else 0, compared at the precision of quantile windows. A missing
    operand, a zero denominator or a zero standard deviation makes the feature ``fill``, without it missing.
    """

    name: str
    function: ExpressionFunction
    of: str
    against: tuple[str, ...]
    fill: float | None = None

    def __post_init__(self) -> None:
        where = f"expressions[{self.name}]"
        require_name(self.name, where)
        require_one_of(self.function, get_args(ExpressionFunction), f"{where}.function")
        needed = OPERANDS[self.function]
        require(
            len(self.against) == len(needed),
            f"{where}.against",
            f"holds {len(self.against)} names, {self.function} takes {len(needed)}",
            f"name the {' and the '.join(needed)}",
        )
        require(
            self.fill is None or math.isfinite(self.fill),
            f"{where}.fill",
            "is not finite",
            "give a number, or drop it for missing",
        )
