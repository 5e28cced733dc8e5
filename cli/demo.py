"""``headrace demo``: a simulated world goes through the whole loop on this machine; a report shows what happened."""

import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from rich.console import Console

import simulators
import usecases
from cli.loop_run import Result, run_loop
from cli.plan import Plan
from cli.producer import Record
from cli.report import RunRecord, write_report

HISTORY_DAYS = 75
STREAM_DAYS = 2
START = 1_767_225_600
"""2026-01-01, so that two runs are the same to the last digit."""

_WHO = b'"timestamp": "2026-03-17T10:00:00Z", "customer_id": "C1", "terminal_id": "T1"'
MALFORMED = (
    b'{"event_id": "bad-1", "timestamp": ',
    b'{"event_id": "bad-2", ' + _WHO + b"}",
    b'{"event_id": "bad-3", ' + _WHO + b', "amount": "ten"}',
    b'{"event_id": "bad-4", "timestamp": "yesterday", "customer_id": "C1", "terminal_id": "T1", "amount": 10}',
    b"\xff\xfe not text",
    b"[1, 2, 3]",
)
"""What real producers send now and then: cut off, a field missing, mistyped, no time, no text, no object."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a demo shows. ``events`` is about how many are streamed; ``seed`` makes it repeatable."""

    usecase: str
    events: int
    seed: int
    out: Path


def demo(options: Options, console: Console) -> dict[str, object]:
    """Run the demo; write summary.json and index.html; return the summary."""
    usecase = usecases.load(options.usecase)
    world = simulators.load(options.usecase)(
        start=START, days=HISTORY_DAYS + STREAM_DAYS, per_day=max(100, options.events // STREAM_DAYS), seed=options.seed
    )
    at = START + HISTORY_DAYS * 86_400
    past = world[usecase.event.timestamp] < at
    result = run_loop(
        Plan(
            usecase=usecase,
            history=world[past],
            events=world[~past].reset_index(drop=True),
            at=at,
            label_delay_s=usecase.label.delay_s,
            out=options.out,
            asked_per_chunk=25,
            malformed=lambda chunk: [Record(data, "C1") for data in MALFORMED] if chunk == 0 else [],
        ),
        console,
    )
    return _write(options, result, world)


def _write(options: Options, result: Result, world: pd.DataFrame) -> dict[str, object]:
    usecase = usecases.load(options.usecase)
    truth = dict(zip(world[usecase.event.id], world[usecase.label.field], strict=True))
    summary = {"usecase": usecase.name, "seed": options.seed, **result.summary()}
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
    write_report(
        options.out / "index.html",
        RunRecord(
            usecase=usecase,
            summary=summary,
            evaluation=result.evaluation,
            predictions=result.predictions.assign(label=result.predictions["event_id"].map(truth)),
        ),
    )
    return summary
