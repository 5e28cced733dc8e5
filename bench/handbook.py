"""The use case of the stream benchmarks: fraud with nothing but the Fraud Detection Handbook's features.

They stay what they are while the features of ``usecases.fraud`` grow, so figures of different months can be compared.
"""

from dataclasses import replace

import usecases
from headrace.usecase import UseCase, Window

_DAYS = ("1d", "7d", "30d")
_WINDOWS = (
    Window(entity="customer", function="count", lengths=_DAYS),
    Window(entity="customer", function="mean", over="amount", lengths=_DAYS, fill=0.0),
    Window(entity="terminal", function="count", lengths=_DAYS, delay="7d"),
    Window(
        entity="terminal",
        function="mean",
        over="fraud",
        source="labels",
        lengths=_DAYS,
        delay="7d",
        fill=0.0,
        name="terminal_fraud_rate",
    ),
)


def handbook() -> UseCase:
    """Chapter 3 of the Fraud Detection Handbook (Le Borgne et al.): amount, two parts of the calendar, 12 windows."""
    return replace(usecases.load("fraud"), windows=_WINDOWS, expressions=())
