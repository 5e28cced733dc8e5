"""The values that the candidates of a tuning job are trained with.

Every strategy but the grid draws at random here: what a Bayesian search would choose is the service's own secret. The
draws depend on the seed and the candidate's number only.
"""

import itertools
import math
import random
from collections.abc import Callable, Iterator, Mapping

from local.sagemaker.platform import Record

_WIDE = 100
"""``Auto`` spreads a range logarithmically if its ends are that many times apart."""


def candidates(config: Record) -> Iterator[dict[str, str]]:
    """Hyperparameters for one candidate after the other, as many as the job asks for.

    Args:
        config: a valid HyperParameterTuningJobConfig.
    """
    ranges, most = config.get("ParameterRanges", {}), config["ResourceLimits"].get("MaxNumberOfTrainingJobs", 1)
    if config["Strategy"] == "Grid":
        yield from itertools.islice(_grid(ranges), most)
        return
    for number in range(most):
        yield _drawn(ranges, random.Random(f"{config.get('RandomSeed', 0)}-{number}"))  # noqa: S311 - no cryptography


def _grid(ranges: Record) -> Iterator[dict[str, str]]:
    choices = ranges.get("CategoricalParameterRanges", [])
    for values in itertools.product(*(it["Values"] for it in choices)):
        yield {it["Name"]: value for it, value in zip(choices, values, strict=True)}


def _drawn(ranges: Record, generator: random.Random) -> dict[str, str]:
    drawn = {}
    for it in ranges.get("IntegerParameterRanges", []):
        # Each whole number gets the same share: the ends reach half a step out, as rounding does inside.
        least, most = int(it["MinValue"]), int(it["MaxValue"])
        spread = _spread(max(least - 0.49, least / 2), most + 0.49, it.get("ScalingType", "Auto"), generator.random())
        drawn[it["Name"]] = str(min(most, max(least, round(spread))))
    for it in ranges.get("ContinuousParameterRanges", []):
        low, high = float(it["MinValue"]), float(it["MaxValue"])
        drawn[it["Name"]] = repr(_spread(low, high, it.get("ScalingType", "Auto"), generator.random()))
    for it in ranges.get("CategoricalParameterRanges", []):
        drawn[it["Name"]] = generator.choice(it["Values"])
    return drawn


def _spread(low: float, high: float, scaling: str, share: float) -> float:
    if scaling == "Auto":
        scaling = "Logarithmic" if low > 0 and high >= _WIDE * low else "Linear"
    there, back = _SCALES[scaling]
    return min(high, max(low, back(there(low) + share * (there(high) - there(low)))))


_Function = Callable[[float], float]
_SCALES: Mapping[str, tuple[_Function, _Function]] = {
    "Linear": (float, float),
    "Logarithmic": (math.log, math.exp),
    "ReverseLogarithmic": (lambda it: -math.log(1 - it), lambda it: 1 - math.exp(-it)),
}
