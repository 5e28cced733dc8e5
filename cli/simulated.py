"""A simulated world as a run's past and present, with some records that nobody can accept."""

import json
from pathlib import Path

import pandas as pd

import simulators
from cli.malformed import malformed_records
from cli.plan import Plan
from cli.producer import event_records
from headrace.usecase import UseCase
from headrace.windows_columnar.lookups import look_up

ASKED_PER_CHUNK = 25
"""A simulated run also shows the API at work."""


def plan_of(usecase: UseCase, world: pd.DataFrame, *, at: int, out: Path, asked_per_chunk: int = 0) -> Plan:
    """The plan of a run.

    Args:
        usecase: whose loop.
        world: as its simulator returns it.
        at: epoch seconds; earlier events are the past, the others are streamed, with malformed ones in the first chunk.
        out: folder for the assembly, logs and results.
        asked_per_chunk: see ``Plan``.
    """
    readings = simulators.readings(usecase.name, world) if usecase.lookups else {}
    filled = [name for it in usecase.lookups for name in it.fields]
    world = look_up(usecase, world.drop(columns=filled), readings)  # as the platform will: history by the same rule
    past = world[usecase.event.timestamp] < at
    events = world[~past].reset_index(drop=True)
    sent = json.loads(next(event_records(usecase, events.head(1))).data)
    return Plan(
        usecase=usecase,
        history=world[past],
        events=events,
        at=at,
        label_delay_s=usecase.label.delay_s,
        out=out,
        asked_per_chunk=asked_per_chunk,
        readings=readings,
        malformed=lambda chunk: malformed_records(usecase, sent) if chunk == 0 else [],
    )
