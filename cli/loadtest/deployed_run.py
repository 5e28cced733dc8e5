"""A load test of a deployed API: nothing is started, nothing is broken, answers are judged by their consistency."""

import time

import boto3
from rich.console import Console

import simulators
from cli.loadtest.caller import Api
from cli.loadtest.driving import Timetable
from cli.loadtest.outcome import Outcome, concluded
from cli.loadtest.questions import AskingLine, questions
from cli.loadtest.verdict import by_consistency
from cli.phases import Phases
from headrace.usecase import UseCase

_DAY_S = 86_400
PER_DAY = 500
SEED = 7


def callers(rps: float) -> int:
    """How many may wait at the same time: a second's worth of requests, within what threads of one process manage."""
    return min(256, max(16, int(rps)))


def run(usecase: UseCase, url: str, rps: float, seconds: float, console: Console) -> Outcome:
    """Ask about simulated events of the day that has just ended.

    Raises:
        UseCaseError: if the URL or its region cannot be made out.
    """
    api, phases = Api.of(url, boto3.Session()), Phases(console)
    start = (int(time.time()) // _DAY_S - 1) * _DAY_S
    asked = questions(usecase, simulators.load(usecase.name)(start=start, days=1, per_day=PER_DAY, seed=SEED))
    timetable = Timetable(rps=rps, seconds=seconds, connect=lambda: AskingLine.to(api, asked), callers=callers(rps))
    with phases.phase("load") as phase:
        shots = timetable.run(lambda at, done: phase.at(round(at), total=seconds, doing=f"{done:,} answers"))
        phase.at(doing=f"{len(shots):,} answers")
    return concluded(usecase, shots, len(asked), by_consistency(), None)
