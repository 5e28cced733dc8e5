"""What happens to features before an algorithm sees them: learned on training rows only, carried in the artifact."""

import math
from typing import Literal, get_args

from headrace.frozen import dataclass
from headrace.usecase.checks import require, require_one_of, require_unique

TransformFunction = Literal["impute", "one_hot", "standardize", "scale", "log1p", "clip"]
Fill = Literal["mean", "median", "constant"]


@dataclass(frozen=True, kw_only=True)
class Transform:
    """One step of preparation for some features; ``of`` empty means every feature that the step can take.

    Functions, applied in the order in which the use case lists them:
        impute: a missing value becomes the training rows' mean or median, or a constant; with ``flag`` a column
            ``{name}_missing`` says so (only for features that miss values among the training rows).
        one_hot: an input of text becomes one column for each of its ``top`` most frequent values and one for others;
            where it is missing all of them are 0.
        standardize: (value - mean) / standard deviation.
        scale: (value - minimum) / (maximum - minimum).
        log1p: sign(value) * log(1 + |value|).
        clip: values below the quantile ``low`` or above ``high`` of the training rows become those quantiles.
    """

    function: TransformFunction
    of: tuple[str, ...] = ()
    fill: Fill = "median"
    constant: float = 0.0
    flag: bool = True
    top: int = 20
    low: float = 0.01
    high: float = 0.99

    def __post_init__(self) -> None:
        require_one_of(self.function, get_args(TransformFunction), "model.transforms.function")
        where = f"model.transforms[{self.function}]"
        require_one_of(self.fill, get_args(Fill), f"{where}.fill")
        require_unique(self.of, f"{where}.of")
        require(math.isfinite(self.constant), f"{where}.constant", "is not finite", "give a number")
        require(self.top >= 1, f"{where}.top", "is below 1", "keep at least one value")
        require(0 <= self.low < self.high <= 1, f"{where}.low", "and high are no quantiles", "order them within 0 to 1")
