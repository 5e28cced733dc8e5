"""The streamed days of a story: time passes, events and labels come, monitors run at night, the platform reacts.

The loop's clock follows the events. At night it stands still until everything that the day has started is over: first
the deliveries, then the monitors that their schedules start, then whatever these lead to, a rollout included, which
needs the clock to move while it bakes.
"""

import time
from collections.abc import Iterator
from typing import Protocol

import pandas as pd

from cli.accounting import accepted
from cli.api import InferenceApi
from cli.deployment import Deployment
from cli.plan import Plan, Report
from cli.story.plot import DAY_S, Story
from cli.stream import Streamed, carry
from headrace.errors import HeadraceError

MARGIN_S = 900
"""By how much a part is sent before it ends: sending takes time as well, and midnight must not pass meanwhile."""
PARTS = 2
"""Of a day: events of a part are sent together, and scored by windows that know the parts before."""
NIGHT_S = 5_400
"""From midnight to after the monitors' schedules."""
REMEMBERED_DAYS = 5
"""Shorter than the stream's retention."""
ROLLOUT_STEP_S = 300
ROLLOUT_LIMIT_S = 900.0


class StuckError(HeadraceError):
    """A night does not end: something that was started never comes to rest."""


class Loop(Protocol):
    """What the days need of the running loop."""

    def now(self) -> float:
        """The clock, epoch seconds."""

    def advance(self, seconds: float) -> float:
        """Let time pass."""

    def flush(self) -> None:
        """Write all deliveries."""

    def wait_idle(self, timeout_s: float = 120.0) -> None:
        """Return when nothing has work left."""


def live(
    deployment: Deployment, loop: Loop, api: InferenceApi, plan: Plan, report: Report, *, story: Story
) -> Streamed:
    """Carry every day through the deployed loop.

    Raises:
        StuckError: if a rollout that was started does not end.
    """
    done = Streamed(labels_until=plan.at)
    for day in range(story.days):
        start = story.at + day * DAY_S
        for part, until in _parts(plan, start):
            _reach(loop, until - MARGIN_S)
            carry(deployment, loop, api, plan, part, until=until, done=done)
            report(day * PARTS, story.days * PARTS, f"day {day + 1}: {done.events:,} events, {done.labels:,} labels")
        loop.wait_idle()
        _night(deployment, loop, start + DAY_S)
        if day % REMEMBERED_DAYS == REMEMBERED_DAYS - 1:
            done.accepted |= accepted(deployment)
    report(story.days * PARTS, story.days * PARTS, f"{story.days} days: {done.events:,} events")
    return done


def _parts(plan: Plan, start: int) -> Iterator[tuple[pd.DataFrame, int]]:
    """The events of each part of a day, and when the part ends."""
    moments, length = plan.events[plan.usecase.event.timestamp], DAY_S // PARTS
    for first in range(start, start + DAY_S, length):
        yield plan.events[(moments >= first) & (moments < first + length)], first + length


def _reach(loop: Loop, moment: int) -> None:
    left = moment - loop.now()
    if left > 0:
        loop.advance(left)


def _night(deployment: Deployment, loop: Loop, midnight: int) -> None:
    """Let deliveries, monitors and everything they start come to an end."""
    loop.flush()
    loop.wait_idle()
    _reach(loop, midnight + NIGHT_S)
    loop.wait_idle(ROLLOUT_LIMIT_S)
    deadline = time.monotonic() + ROLLOUT_LIMIT_S
    while _rolling(deployment):
        if time.monotonic() > deadline:
            raise StuckError(f"{deployment.stack_name('endpoint')} is still being updated after {ROLLOUT_LIMIT_S:g} s")
        loop.advance(ROLLOUT_STEP_S)
        time.sleep(0.2)
        loop.wait_idle(ROLLOUT_LIMIT_S)


def _rolling(deployment: Deployment) -> bool:
    stack = deployment.cloudformation.describe_stacks(StackName=deployment.stack_name("endpoint"))["Stacks"][0]
    return stack["StackStatus"].endswith("_IN_PROGRESS")
