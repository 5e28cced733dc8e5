"""The stream phase: labels as they become known, events in order, and a sample asked of the API before it is streamed.

Simulated time advances chunk by chunk. Labels known by the end of a chunk are sent before its events: a delayed window
never looks at a label younger than its delay, so this leaks nothing, and no event is scored without a label it may see.
So it is with readings of look-ups: each is looked at by events of its own time only.
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
    readings_until: int | None = None
    readings: int = 0
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
    for chunk in _chunks(plan):
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
    _tell(deployment, plan, until, done)
    labels = plan.labels_known(done.labels_until, until)
    done.labels_until = until
    labels_name = deployment.output("ingestion", "LabelsStreamName")
    done.labels += producer.put(kinesis, labels_name, producer.label_records(usecase, labels))
    loop.wait_idle()
    for event in _first_of_their_entities(usecase, plan.as_sent(chunk), plan.asked_per_chunk):
        done.answers[str(event[usecase.event.id])] = api.predict(event)
    events_name = deployment.output("ingestion", "EventsStreamName")
    done.events += producer.put(kinesis, events_name, plan.malformed(done.chunks))
    done.events += producer.put(kinesis, events_name, producer.event_records(usecase, plan.as_sent(chunk)))
    done.chunks += 1


def _tell(deployment: Deployment, plan: Plan, until: int, done: Streamed) -> None:
    """Drop a file of readings for each look-up of which anything is told before a moment."""
    for name, told in plan.readings_told(done.readings_until, until).items():
        if len(told):
            lines = told.to_json(orient="records", lines=True, double_precision=15).encode()
            key = f"lookups-inbox/{name}/{format_timestamp(until)}.jsonl"
            deployment.s3.put_object(Bucket=deployment.bucket, Key=key, Body=lines)
            done.readings += len(told)
    done.readings_until = until


def _chunks(plan: Plan) -> Iterator[pd.DataFrame]:
    """So many events at most; and of a use case with look-ups no more than find their own readings.

    The next chunk's readings come while this one's events are still on their way to state and lake, and what is older
    than a look-up's lateness is dropped then: so a chunk spans a third of that.
    """
    events, timestamp = plan.events, plan.usecase.event.timestamp
    span_s = min((it.lateness_s for it in plan.usecase.lookups), default=None)
    start = 0
    while start < len(events):
        chunk = events.iloc[start : start + CHUNK_EVENTS]
        if span_s is not None and plan.readings:
            chunk = chunk[chunk[timestamp] < int(chunk[timestamp].iloc[0]) + max(1, span_s // 3)]
        yield chunk
        start += len(chunk)


def _first_of_their_entities(usecase: UseCase, chunk: pd.DataFrame, count: int) -> Iterator[dict[str, object]]:
    """Events whose entities are new in the chunk: all that their windows may see has been streamed."""
    keys = [entity.key for entity in usecase.entities]
    first = ~pd.concat([chunk[key].duplicated() for key in keys], axis=1).any(axis=1)
    names = [one.name for one in usecase.event.fields if one.name in chunk]
    for row in chunk.loc[first, names].head(count).to_dict("records"):
        row[usecase.event.timestamp] = format_timestamp(row[usecase.event.timestamp])
        yield {str(name): value for name, value in row.items() if value == value}  # noqa: PLR0124 - not NaN
