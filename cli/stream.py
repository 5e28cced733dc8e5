"""The stream phase: labels as they become known, events in order, and a sample asked of the API before it is streamed.

Simulated time advances chunk by chunk. Labels known by the end of a chunk are sent before its events: a delayed window
never looks at a label younger than its delay, so this leaks nothing, and no event is scored without a label it may see.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import pandas as pd

from cli import producer
from cli.accounting import Place
from cli.api import Answer, InferenceApi
from cli.deployment import Deployment
from cli.plan import Plan, Report
from headrace.schema import format_timestamp
from headrace.usecase import UseCase

CHUNK_EVENTS = 2_000


class Loop(Protocol):
    """What the stream phase needs of the running loop."""

    def wait_idle(self) -> None:
        """Return when every record that was sent has been handled."""


@dataclass
class Streamed:
    """What was sent, up to when labels were, and what the API answered: event id -> answer.

    ``accepted`` holds records of the stream that it may have forgotten when the run ends.
    """

    labels_until: int
    events: int = 0
    labels: int = 0
    chunks: int = 0
    accepted: dict[Place, str] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)


def stream(deployment: Deployment, loop: Loop, api: InferenceApi, plan: Plan, report: Report) -> Streamed:
    """Carry the plan's events, and the labels that become known meanwhile, through the deployed loop.

    Args:
        deployment: the platform.
        loop: tells when everything sent has been handled.
        api: the inference API.
        plan: what to send.
        report: called while it works.

    Returns:
        Counts and answers.
    """
    done, timestamp = Streamed(labels_until=plan.at), plan.usecase.event.timestamp
    for chunk in _chunks(plan.events):
        carry(deployment, loop, api, plan, chunk, until=int(chunk[timestamp].iloc[-1]) + 1, done=done)
        report(done.events, len(plan.events), f"{done.events:,} events, {done.labels:,} labels")
    loop.wait_idle()
    return done


def carry(
    deployment: Deployment,
    loop: Loop,
    api: InferenceApi,
    plan: Plan,
    chunk: pd.DataFrame,
    *,
    until: int,
    done: Streamed,
) -> None:
    """Send the labels that become known before a moment, ask the API for some events of a chunk, and send the chunk."""
    usecase, kinesis = plan.usecase, deployment.kinesis
    labels = plan.labels_known(done.labels_until, until)
    done.labels_until = until
    labels_name = deployment.output("ingestion", "LabelsStreamName")
    done.labels += producer.put(kinesis, labels_name, producer.label_records(usecase, labels))
    loop.wait_idle()
    for event in _first_of_their_entities(usecase, chunk, plan.asked_per_chunk):
        done.answers[str(event[usecase.event.id])] = api.predict(event)
    events_name = deployment.output("ingestion", "EventsStreamName")
    done.events += producer.put(kinesis, events_name, plan.malformed(done.chunks))
    done.events += producer.put(kinesis, events_name, producer.event_records(usecase, chunk))
    done.chunks += 1


def _chunks(events: pd.DataFrame) -> Iterator[pd.DataFrame]:
    for start in range(0, len(events), CHUNK_EVENTS):
        yield events.iloc[start : start + CHUNK_EVENTS]


def _first_of_their_entities(usecase: UseCase, chunk: pd.DataFrame, count: int) -> Iterator[dict[str, object]]:
    """Events whose entities are new in the chunk: all that their windows may see has been streamed."""
    keys = [entity.key for entity in usecase.entities]
    first = ~pd.concat([chunk[key].duplicated() for key in keys], axis=1).any(axis=1)
    names = [one.name for one in usecase.event.fields if one.name in chunk]
    for row in chunk.loc[first, names].head(count).to_dict("records"):
        row[usecase.event.timestamp] = format_timestamp(row[usecase.event.timestamp])
        yield {str(name): value for name, value in row.items() if value == value}  # noqa: PLR0124 - not NaN
