"""What happens in a story: which scenario, when it begins, how long it is watched."""

import time
from dataclasses import dataclass
from typing import Self

import pandas as pd

import simulators
from headrace.usecase import UseCase

DAY_S = 86_400
WEEK_S = 7 * DAY_S
_MONDAY_S = 4 * DAY_S
"""The first Monday after the epoch."""
USUAL_DAYS = 2
"""Days of usual life before anything changes."""
WATCHED_DAYS = 6
"""Days that are watched after a change which no label is needed to see."""
LEARNING_DAYS = 4
"""Days after the first labels of a changed world: to see it, to learn it and to show that it helped."""
UNCHANGED = (simulators.USUAL, "none", "seasonal")
NEEDS_LABELS = ("concept",)


@dataclass(frozen=True, kw_only=True)
class Story:
    """A story.

    Attributes:
        usecase: whose.
        scenario: of the use case's simulator.
        at: epoch seconds of the first streamed day, a Monday, UTC: two runs see the same days of the week.
        since: when the scenario begins to hold; None if nothing changes.
        days: how many are streamed.
        per_day: mean number of events a day.
        seed: the same seed gives the same events.
    """

    usecase: UseCase
    scenario: str
    at: int
    since: int | None
    days: int
    per_day: int
    seed: int

    @classmethod
    def of(cls, usecase: UseCase, scenario: str, *, events: int, seed: int, now: float | None = None) -> Self:
        """Plan a story of about so many events that begins on the next Monday.

        Raises:
            UseCaseError: if the simulator does not know the scenario.
        """
        simulators.changed_from(simulators.scenarios(usecase.name), scenario, start=0, days=0, since=0)
        first = int(now if now is not None else time.time())
        at = first + (_MONDAY_S - first) % WEEK_S
        changes = scenario not in UNCHANGED
        days = USUAL_DAYS + WATCHED_DAYS
        if scenario in NEEDS_LABELS:
            days = USUAL_DAYS + usecase.label.delay_s // DAY_S + LEARNING_DAYS
        return cls(
            usecase=usecase,
            scenario=scenario,
            at=at,
            since=at + USUAL_DAYS * DAY_S if changes else None,
            days=days,
            per_day=max(200, events // days),
            seed=seed,
        )

    def world(self) -> pd.DataFrame:
        """The past and the days that are streamed, as the simulator returns them."""
        past = simulators.history_days(self.usecase.name)
        return simulators.load(self.usecase.name)(
            start=self.at - past * DAY_S,
            days=past + self.days,
            per_day=self.per_day,
            seed=self.seed,
            scenario=self.scenario,
            since=self.since,
        )
