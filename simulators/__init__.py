"""Seeded event generators, one per use case; each defines ``simulate`` and ``SCENARIOS``. They are loaded by name.

A simulator may say how long a past its use case needs before the first model, as ``HISTORY_DAYS``. That of a use case
with look-ups also defines ``readings``: what is told of a simulated world before its events come.

A scenario is a named change of the simulated world, for example a drift. ``SCENARIOS`` maps each name to what changes,
in one line of words; ``usual`` changes nothing and is always there. Events before a scenario holds are the same to the
last digit whatever the scenario, unless its words say that it always holds; a label may look ahead.
"""

import importlib
import pkgutil
from collections.abc import Mapping
from typing import Protocol, cast

import pandas as pd

from headrace.errors import UseCaseError

USUAL = "usual"
HISTORY_DAYS = 75
"""Of most use cases."""


class Simulator(Protocol):
    """What every simulator can be asked."""

    def __call__(
        self, *, start: int, days: int, per_day: int, seed: int, scenario: str = USUAL, since: int | None = None
    ) -> pd.DataFrame:
        """Simulate events.

        Args:
            start: first second, epoch UTC.
            days: how many days.
            per_day: mean number of events a day.
            seed: the same seed gives the same rows.
            scenario: one of the simulator's ``SCENARIOS``.
            since: epoch second from which on the scenario holds; None: from halfway through the days.

        Returns:
            One row per event, ordered by time: the use case's event fields (``timestamp`` in whole epoch seconds) and
            the label field.

        Raises:
            UseCaseError: if there is no such scenario.
        """
        ...


def names() -> tuple[str, ...]:
    """The use cases that have a simulator, sorted."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def load(name: str) -> Simulator:
    """The ``simulate`` function of a use case.

    Raises:
        UseCaseError: if the use case has no simulator.
    """
    return cast(Simulator, importlib.import_module(_module(name)).simulate)


def scenarios(name: str) -> Mapping[str, str]:
    """The scenarios of a use case's simulator: what each changes, by name.

    Raises:
        UseCaseError: if the use case has no simulator.
    """
    return cast(Mapping[str, str], importlib.import_module(_module(name)).SCENARIOS)


def history_days(name: str) -> int:
    """How many days of events come before the stream begins.

    Raises:
        UseCaseError: if the use case has no simulator.
    """
    return int(getattr(importlib.import_module(_module(name)), "HISTORY_DAYS", HISTORY_DAYS))


def readings(name: str, world: pd.DataFrame) -> Mapping[str, pd.DataFrame]:
    """What a use case looks up of a simulated world: by look-up, the key, the event time's field and the values.

    Args:
        name: the use case's.
        world: as its simulator returned it.

    Raises:
        UseCaseError: if the use case has no simulator.
    """
    told = getattr(importlib.import_module(_module(name)), "readings", None)
    return {} if told is None else cast(Mapping[str, pd.DataFrame], told(world))


def changed_from(known: Mapping[str, str], scenario: str, *, start: int, days: int, since: int | None) -> int:
    """The second of the simulation, counted from its start, at which a scenario begins to hold.

    Args:
        known: the simulator's scenarios.
        scenario: the wanted one.
        start: of the simulation, epoch seconds.
        days: of the simulation.
        since: as ``Simulator`` takes it.

    Raises:
        UseCaseError: if there is no such scenario.
    """
    if scenario not in known:
        raise UseCaseError("scenario", f"there is no scenario {scenario!r}", f"use one of {', '.join(known)}")
    return days * 86_400 // 2 if since is None else since - start


def _module(name: str) -> str:
    if name not in names():
        raise UseCaseError(
            "usecase", f"{name!r} has no simulator", f"use one of {', '.join(names())}, or replay a file"
        )
    return f"{__name__}.{name}"
