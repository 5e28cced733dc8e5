"""A simulated world, watched day by day by the monitor's own comparison, and what is decided about each day."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import pandas as pd
from reaction_cases import DAY, START, moment

import simulators
from headrace.drift import Settings, Summary, compare, documents, merged, noise
from headrace.reaction import Decision, Memory, finding, on_finding
from headrace.usecase import UseCase

QUIET = 14
"""Days before anything changes; they say what is normal."""


class Decided(NamedTuple):
    """What was decided about a day, and how far its columns had moved."""

    decision: Decision
    distances: Mapping[str, float]


def days_of(
    usecase: UseCase, scenario: str, *, days: int, per_day: int, seen: Callable[[pd.DataFrame], Summary]
) -> Mapping[int, Summary]:
    """What was seen on each day; the scenario holds from the end of the quiet days on."""
    frame = simulators.load(usecase.name)(
        start=START, days=days, per_day=per_day, seed=5, scenario=scenario, since=START + QUIET * DAY
    )
    return {int(day): seen(rows) for day, rows in frame.groupby((frame["timestamp"] - START) // DAY)}


def decided(usecase: UseCase, world: Mapping[int, Summary], *, source: str) -> Iterator[Decided]:
    """What is decided about each day after the quiet ones."""
    quiet = [world[number] for number in range(QUIET)]
    normal, settings, memory = merged(quiet), Settings(noise=noise(quiet)), Memory()
    for number in range(QUIET, len(world)):
        window = finding(
            documents.violations(compare(normal, world[number], settings)),
            kind="data_quality",
            at=START + (number + 1) * DAY,
            source=source,
            null_share=usecase.reaction.null_share,
            broken_from=usecase.reaction.broken_from,
        )
        memory, decision = on_finding(memory, window, usecase, moment(window))
        yield Decided(decision, window.distances)
