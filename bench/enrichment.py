"""The enrichment handler, batch after batch of 500 records on one core, next to what else could run there."""

import base64
import contextlib
import io
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from unittest import mock

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.kinesis_stream_event import KinesisStreamRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from bench.comparison import Comparison, Effort, medians
from bench.handbook import handbook
from bench.stream_world import BATCH, USECASE, MemoryBucket, MemoryGroups, MemoryLog, MemoryTable, World, world
from headrace.features import FeatureSet
from lambdas.enrichment import adapters
from lambdas.enrichment.handler import handler
from lambdas.enrichment.logic import Enrichment
from lambdas.enrichment.settings import Settings

BATCHES = 12
GOAL_PER_S = 20_000
CODEC_GOAL = 0.1


@dataclass(frozen=True)
class _Context:
    """What Powertools reads of Lambda's context."""

    function_name: str = "enrichment"
    memory_limit_in_mb: int = 1024
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:000000000000:function:enrichment"
    aws_request_id: str = "bench"


def comparisons(effort: Effort) -> Iterator[Comparison]:
    """The rows of this benchmark."""
    it = world(handbook(), batches=effort.of(BATCHES))
    count = len(it.batches) * BATCH
    ours_s, codec_s, simple_s = medians(
        (lambda: enrich(it), lambda: codec_only(it), lambda: record_by_record(it)), runs=effort.runs
    )
    ours = count / ours_s
    name, unit = "enrichment handler, the handbook's features, in memory", "records/s"
    yield Comparison(name=name, ours=ours, other=GOAL_PER_S, other_name="the goal, a constant", unit=unit, goal=1)
    yield Comparison(
        name=name,
        ours=ours,
        other=count / codec_s,
        other_name="base64 and JSON, decoded and encoded, nothing else",
        unit=unit,
        goal=CODEC_GOAL,
    )
    yield Comparison(
        name=name,
        ours=ours,
        other=count / simple_s,
        other_name="Powertools BatchProcessor, one read and one write per record, no features",
        unit=unit,
    )
    whole = world(batches=effort.of(BATCHES))
    whole_s, codec_s = medians((lambda: enrich(whole), lambda: codec_only(whole)), runs=effort.runs)
    yield Comparison(
        name=f"enrichment handler, the {len(whole.usecase.feature_names)} features of fraud, in memory",
        ours=count / whole_s,
        other=count / codec_s,
        other_name="base64 and JSON, decoded and encoded, nothing else",
        unit=unit,
    )


def enrich(it: World) -> None:
    """All batches through our handler, on a fresh table."""
    table = it.table()
    with wired(it, lambda: table):
        for batch in it.batches:
            answer = handler(batch, context())
            if answer["batchItemFailures"]:
                raise AssertionError("the batch was not processed")


@contextlib.contextmanager
def wired(it: World, table: Callable[[], MemoryTable]) -> Iterator[None]:
    """The handler with adapters in memory, its log lines and metrics kept off the terminal."""
    function = Enrichment(
        features=FeatureSet(it.usecase),
        reader=table(),
        writer=table(),
        log=MemoryLog(),
        quarantine=MemoryBucket(),
        scorer=None,
        snapshots=MemoryGroups(),
    )
    settings = Settings(
        usecase=USECASE, stage="bench", state_table="t", feature_delivery_stream="d", quarantine_bucket="b"
    )
    with (
        mock.patch.object(adapters, "connect", lambda: function),
        mock.patch.object(adapters, "settings", lambda: settings),
        contextlib.redirect_stdout(io.StringIO()),
    ):
        yield


def codec_only(it: World) -> None:
    """The floor: every record's base64 and JSON there and back."""
    for batch in it.batches:
        for record in batch["Records"]:
            event = json.loads(base64.b64decode(record["kinesis"]["data"]))
            base64.b64encode(json.dumps(event).encode())


def record_by_record(it: World) -> None:
    """What the documentation of Powertools shows: one function per record, reading and writing one item."""
    items: dict[str, str] = {}
    processor = BatchProcessor(event_type=EventType.KinesisDataStreams)

    def process(record: KinesisStreamRecord) -> None:
        event = record.kinesis.data_as_json()
        held = json.loads(items.get(event["customer_id"], '{"count": 0, "total": 0.0}'))
        item = {"count": held["count"] + 1, "total": held["total"] + event["amount"]}
        items[event["customer_id"]] = json.dumps(item)

    for batch in it.batches:
        process_partial_response(event=batch, record_handler=process, processor=processor, context=context())


def context() -> LambdaContext:
    """A context as Lambda passes it."""
    context = LambdaContext()
    for name, value in vars(_Context()).items():
        setattr(context, f"_{name}", value)
    return context


os.environ.setdefault("POWERTOOLS_TRACE_DISABLED", "true")
