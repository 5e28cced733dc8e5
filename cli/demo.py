"""``headrace demo``: a simulated world goes through the whole loop on this machine; a report shows what happened."""

import json
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

import simulators
import usecases
from cli.loop_run import run_loop
from cli.malformed import malformed_records
from cli.plan import Plan
from cli.producer import event_records
from cli.results import write_results

STREAM_DAYS = 2
START = 1_767_225_600
"""2026-01-01, so that two runs are the same to the last digit."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a demo shows.

    ``events`` is about how many are streamed; ``seed`` makes it repeatable; ``scenario`` is a change of the simulated
    world that holds from the first streamed event on.
    """

    usecase: str
    events: int
    seed: int
    out: Path
    scenario: str = simulators.USUAL


def demo(options: Options, console: Console) -> dict[str, object]:
    """Run the demo; write summary.json and index.html; return the summary."""
    usecase = usecases.load(options.usecase)
    per_day = max(100, options.events // STREAM_DAYS)
    history_days = simulators.history_days(options.usecase)
    at = START + history_days * 86_400
    world = simulators.load(options.usecase)(
        start=START,
        days=history_days + STREAM_DAYS,
        per_day=per_day,
        seed=options.seed,
        scenario=options.scenario,
        since=at,
    )
    past = world[usecase.event.timestamp] < at
    events = world[~past].reset_index(drop=True)
    sent = json.loads(next(event_records(usecase, events.head(1))).data)
    plan = Plan(
        usecase=usecase,
        history=world[past],
        events=events,
        at=at,
        label_delay_s=usecase.label.delay_s,
        out=options.out,
        asked_per_chunk=25,
        malformed=lambda chunk: malformed_records(usecase, sent) if chunk == 0 else [],
    )
    result = run_loop(plan, console)
    summary = {"usecase": usecase.name, "seed": options.seed, "scenario": options.scenario, **result.summary()}
    write_results(options.out, plan, result, summary, mode="demo")
    return summary
