"""The figures of a trial as JSON: what each variant did, and what follows."""

import math
from collections.abc import Mapping
from typing import Any, Literal

from headrace.sequential import Standing, Verdict
from headrace.trial import Tally
from headrace.usecase import Trial

Advice = Literal["continue", "promote", "reject"]
_ADVICE: Mapping[Verdict, Advice] = {
    "undecided": "continue",
    "better": "promote",
    "worse": "reject",
    "no difference": "reject",
}
"""A challenger that makes no difference is not worth the change."""


def told(standing: Standing, trial: Trial) -> dict[str, Any]:
    """The test's state and what follows from it; an end of the interval that is not known yet is null."""
    return {
        "saved_per_answer": standing.difference,
        "interval": [None if math.isinf(it) else it for it in (standing.low, standing.high)],
        "p_value": standing.p_value,
        "alpha": trial.alpha,
        "verdict": _ADVICE[standing.verdict],
    }


def figures(it: Tally) -> dict[str, Any]:
    """One variant's tally with its rates."""
    return {**vars(it), "alarm_rate": it.alarm_rate, "cost_per_answer": it.cost_per_answer}
