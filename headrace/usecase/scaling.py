"""How a fleet grows and shrinks: by what it follows, in steps, and by the clock."""

import re
from itertools import pairwise
from typing import Literal, get_args

from headrace.frozen import dataclass
from headrace.usecase.checks import require, require_one_of

Follow = Literal["invocations", "cpu", "backlog"]
_WHOLE_PERCENT = 100
_CRON = re.compile(r"cron\((\S+ ){5}\S+\)|rate\([1-9]\d* (minute|hour|day)s?\)")


def require_schedule(text: str, where: str) -> None:
    """Require a schedule as EventBridge and Application Auto Scaling write it."""
    fix = "write six fields such as 'cron(0 23 * * ? *)', or a rate such as 'rate(1 day)'"
    require(bool(_CRON.fullmatch(text)), where, f"{text!r} is no schedule", fix)


@dataclass(frozen=True, kw_only=True)
class Step:
    """From this many invocations a minute per instance on, add so many instances at once."""

    from_invocations: int
    add: int

    def __post_init__(self) -> None:
        require(self.from_invocations > 0, "scaling.steps", "starts at no invocations", "give a number above 0")
        require(self.add > 0, "scaling.steps", "adds no instance", "give a number above 0")


@dataclass(frozen=True, kw_only=True)
class OffHours:
    """Between two times the fleet has ``instances`` instances, outside them what the use case asks for.

    Approvals should wait for the day: a rollout in steps needs two instances.
    """

    start: str = "cron(0 23 * * ? *)"
    end: str = "cron(0 6 * * ? *)"
    instances: int = 1
    timezone: str = "UTC"

    def __post_init__(self) -> None:
        require_schedule(self.start, "scaling.off_hours.start")
        require_schedule(self.end, "scaling.off_hours.end")
        require(
            self.start != self.end, "scaling.off_hours.end", "is when it starts", "give the time when the day begins"
        )
        require(self.instances >= 0, "scaling.off_hours.instances", "is negative", "give 1, or more")


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """The profile of a fleet. Out after a minute, in after five: capacity that is missing costs more than it saves.

    ``follow`` keeps a figure per instance near its target: invocations a minute
    (``serving.invocations_per_instance_minute``), processor load (``cpu_percent`` of all cores) or, of asynchronous
    endpoints, waiting requests (``backlog_per_instance``). ``steps`` add instances for a rush that tracking would
    follow too slowly. ``off_hours`` sets the fleet by the clock.
    """

    follow: Follow = "invocations"
    cpu_percent: int = 70
    backlog_per_instance: int = 5
    out_s: int = 60
    in_s: int = 300
    steps: tuple[Step, ...] = ()
    off_hours: OffHours | None = None

    def __post_init__(self) -> None:
        require_one_of(self.follow, get_args(Follow), "scaling.follow")
        require(
            0 < self.cpu_percent <= _WHOLE_PERCENT, "scaling.cpu_percent", "is outside 1 to 100", "give a percentage"
        )
        require(
            self.backlog_per_instance > 0, "scaling.backlog_per_instance", "is not positive", "say how many may wait"
        )
        for name, value in (("out_s", self.out_s), ("in_s", self.in_s)):
            require(value >= 0, f"scaling.{name}", "is negative", "give seconds")
        for low, high in pairwise(self.steps):
            ascending = low.from_invocations < high.from_invocations and low.add < high.add
            require(ascending, "scaling.steps", "are not ascending", "sort by from_invocations; each adds more")
