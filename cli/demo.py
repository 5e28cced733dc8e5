"""``headrace demo``: a simulated world goes through the whole loop on this machine; a report shows what happened."""

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

import simulators
import usecases
from cli.loop_run import run_loop
from cli.plan import Plan
from cli.results import write_results
from cli.simulated import ASKED_PER_CHUNK, plan_of
from cli.story import Story, nothing, tell
from headrace.errors import UseCaseError
from headrace.usecase import UseCase

STORY_EVENTS, USUAL_EVENTS = 9_750, 4_000
STREAM_DAYS = 2
START = 1_767_225_600
"""2026-01-01, so that two runs are the same to the last digit."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a demo shows.

    ``events`` is about how many are streamed, None for as many as what is shown needs; ``seed`` makes it repeatable;
    ``scenario`` is a change of the simulated world that the loop is watched to react to; ``usual`` streams two days in
    which nothing changes.
    """

    usecase: str
    seed: int
    out: Path
    events: int | None = None
    scenario: str = simulators.USUAL


def demo(options: Options, console: Console) -> dict[str, object]:
    """Run the demo; write summary.json and index.html; return the summary.

    Raises:
        UseCaseError: if the use case has no simulator, or an endpoint that the demo does not feed.
    """
    usecase = usecases.load(options.usecase)
    if not (usecase.serving.score_stream or usecase.serving.kind in ("batch", "multi_model")):
        raise UseCaseError(
            "--usecase",
            f"{usecase.name} neither scores its stream nor is scored in batch, so the demo has nothing to follow",
            "set serving.score_stream, or train on its simulator's events with headrace features and headrace train",
        )
    scenario = options.scenario
    if scenario == simulators.USUAL:
        plan = _two_days(usecase, options)
        result, blocks = run_loop(plan, console), nothing()
    else:
        story = Story.of(usecase, scenario, events=options.events or STORY_EVENTS, seed=options.seed)
        told = tell(story, options.out, console)
        plan, result, blocks = told.plan, told.result, told.blocks
    summary = {"usecase": usecase.name, "seed": options.seed, "scenario": scenario, **result.summary(), **blocks}
    write_results(options.out, plan, result, summary, mode="demo")
    return summary


def _two_days(usecase: UseCase, options: Options) -> Plan:
    """Two days of usual life after a long enough past."""
    per_day = max(100, (options.events or USUAL_EVENTS) // STREAM_DAYS)
    history_days = simulators.history_days(usecase.name)
    at = START + history_days * 86_400
    world = simulators.load(usecase.name)(
        start=START, days=history_days + STREAM_DAYS, per_day=per_day, seed=options.seed
    )
    asked = ASKED_PER_CHUNK if usecase.serving.can.answers else 0
    return plan_of(usecase, world, at=at, out=options.out, asked_per_chunk=asked)
