"""Seeded event generators, one per use case; each defines ``simulate``. They are loaded by name."""

import importlib
import pkgutil
from collections.abc import Callable

import pandas as pd

from headrace.errors import UseCaseError

Simulator = Callable[..., pd.DataFrame]


def names() -> tuple[str, ...]:
    """The use cases that have a simulator, sorted."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def load(name: str) -> Simulator:
    """The ``simulate`` function of a use case: ``simulate(start=, days=, per_day=, seed=)``.

    It returns a frame with one row per event, ordered by time: the use case's event fields (``timestamp`` in whole
    epoch seconds) and the label field.

    Raises:
        UseCaseError: if the use case has no simulator.
    """
    if name not in names():
        raise UseCaseError(
            "usecase", f"{name!r} has no simulator", f"use one of {', '.join(names())}, or replay a file"
        )
    simulate: Simulator = importlib.import_module(f"{__name__}.{name}").simulate
    return simulate
