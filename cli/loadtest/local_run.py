"""A load test on this machine: deploy, train two models, drive, judge, and stop everything."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

import simulators
import usecases
from cli.backfill.history import History
from cli.backfill.training import order_of, training_rows, write_training_set
from cli.backfill.writing import backfill
from cli.deployment import Deployment
from cli.loadtest import interference
from cli.loadtest.caller import Api
from cli.loadtest.driving import Timetable
from cli.loadtest.interference import Deed, During, Interference
from cli.loadtest.outcome import Outcome, concluded
from cli.loadtest.questions import AskingLine, Question, questions
from cli.loadtest.rollout import follow, spoiled
from cli.loadtest.truth import truth
from cli.loadtest.verdict import by_truth
from cli.loop_run import require_folder, started, synthesize
from cli.phases import Phase, Phases
from cli.plan import Plan
from cli.training import RolloutError, train
from headrace.usecase import UseCase
from local.loop import Loop
from pipelines.training_set.bucket import Bucket

START = 1_767_225_600
"""2026-01-01, so that two runs ask the same."""
HISTORY_DAYS = 60
EARLIER_DAYS = 50
"""The first model knows the history up to here, the second one all of it."""
ASKED_DAYS = 4
PER_DAY = 500
SEED = 7
CALLERS = 8
"""The local Lambda starts a process for each request that waits; more than this only take turns on the cores."""
WARM_UP = 40
_THIRD = 3


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is wanted: requests per second, for how many seconds at least, and what happens meanwhile."""

    usecase: UseCase
    rps: float
    seconds: float
    during: During | None
    out: Path


@dataclass(frozen=True)
class Ready:
    """A loop in which the first of two models serves; ``other`` is the package of the second."""

    deployment: Deployment
    loop: Loop
    other: str
    asked: list[Question]


def run(order: Order, console: Console) -> Outcome:
    """Do it all.

    Raises:
        HeadraceError: naming the phase's problem; the logs are kept in the order's folder.
    """
    phases = Phases(console)
    require_folder(order.out)
    with prepared(order, phases) as ready:
        return drive(order, ready, phases)


def drive(order: Order, ready: Ready, phases: Phases) -> Outcome:
    """Send the load, do meanwhile what is ordered, and judge.

    Raises:
        HeadraceError: if the right answers cannot be computed.
    """
    with phases.phase("load") as phase:
        timetable, deed = _timetable(ready, rps=order.rps, seconds=order.seconds), _deed(order, ready)
        meddling = Interference(deed, order.seconds / _THIRD, lambda: timetable.elapsed_s) if deed else None
        if meddling:
            timetable.over = meddling.over
            meddling.start()
        shots = timetable.run(lambda at, done: phase.at(round(at), total=order.seconds, doing=f"{done:,} answers"))
        phase.at(doing=f"{len(shots):,} answers")
        right = by_truth(truth(ready.deployment, ready.asked))
        return concluded(order.usecase, shots, len(ready.asked), right, meddling)


@contextmanager
def prepared(order: Order, phases: Phases) -> Iterator[Ready]:
    """Deploy, train two models, let the first one serve; stop everything on the way out.

    Raises:
        HeadraceError: naming the phase's problem.
    """
    assembly = order.out / "cdk.out"
    with phases.phase("synth"):
        synthesize(order.usecase.name, assembly)
    plan = _plan(order)
    with started(order.usecase, assembly, order.out / "logs", phases) as (deployment, loop):
        with phases.phase("history") as phase:
            written = backfill(deployment, History.of(plan), order.out / "quality", phase.report)
            prefix, rows = _earlier_set(deployment, plan, phase)
        with phases.phase("train") as phase:
            first = train(deployment, prefix, rows, "manual", phase.report, hold=True)
        with phases.phase("train again") as phase:
            prefix, rows = written.training_prefix, written.training_rows
            other = train(deployment, prefix, rows, "manual", phase.report, hold=True)
        with phases.phase("rollout") as phase:
            ending = follow(deployment, first)
            if not ending.deployed:
                raise RolloutError(f"the first model does not serve: {ending.reason}")
        asked = questions(order.usecase, plan.events)
        ready = Ready(deployment, loop, other, asked)
        with phases.phase("warm-up"):
            warm_up(ready)
        yield ready


def _plan(order: Order) -> Plan:
    usecase = order.usecase
    days = HISTORY_DAYS + ASKED_DAYS
    world = simulators.load(usecase.name)(start=START, days=days, per_day=PER_DAY, seed=SEED)
    at = START + HISTORY_DAYS * 86_400
    past = world[usecase.event.timestamp] < at
    return Plan(
        usecase=usecase,
        history=world[past],
        events=world[~past].reset_index(drop=True),
        at=at,
        label_delay_s=usecase.label.delay_s,
        out=order.out,
    )


def _earlier_set(deployment: Deployment, plan: Plan, phase: Phase) -> tuple[str, int]:
    """The training set as it was some days before the history's end; returns its place and its rows."""
    at = START + EARLIER_DAYS * 86_400
    earlier = replace(plan, history=plan.history[plan.history[plan.usecase.event.timestamp] < at], at=at)
    history = History.of(earlier)
    set_of_it = order_of(history)
    rows = write_training_set(Bucket(deployment.bucket, deployment.s3), set_of_it, training_rows(history), phase.report)
    return f"s3://{deployment.bucket}/{set_of_it.prefix.rstrip('/')}", rows


def warm_up(ready: Ready) -> None:
    """Some requests before the clock runs: the first ones start processes, which says nothing about the service."""
    _timetable(ready, rps=WARM_UP, seconds=1).run(lambda *_: None)


def _timetable(ready: Ready, *, rps: float, seconds: float) -> Timetable:
    api = Api.of(ready.deployment.output("serving", "ApiUrl"), ready.deployment.session)
    return Timetable(rps=rps, seconds=seconds, connect=lambda: AskingLine.to(api, ready.asked), callers=CALLERS)


def _deed(order: Order, ready: Ready) -> Deed | None:
    match order.during:
        case "rollout":
            return interference.rollout(ready.deployment, ready.other, well=True)
        case "bad-model":
            return interference.rollout(ready.deployment, spoiled(ready.deployment, ready.other), well=False)
        case "kill-model":
            return interference.kill_model(ready.loop)
        case "kill-store":
            return interference.kill_store(ready.loop, order.seconds / _THIRD)
    return None


def load_usecase(name: str) -> UseCase:
    """The use case to test. Raises UseCaseError if there is none, or it has no simulator."""
    simulators.load(name)
    return usecases.load(name)
