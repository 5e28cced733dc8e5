"""One lane: the enrichment handler with the real AWS clients, against a server that does next to nothing.

Records per second here is what one shard can carry, from which ``headrace plan`` counts shards. The server runs beside,
so this needs a second core; the network's own time is not in it.
"""

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any, cast
from unittest import mock

import boto3
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.kinesis_stream_event import KinesisStreamRecord

from bench.comparison import Comparison, Effort, medians
from bench.enrichment import context
from bench.stream_world import BATCH, SHARD, USECASE, World, world
from lambdas.enrichment import adapters
from lambdas.enrichment.handler import handler
from lambdas.shared import clients
from lambdas.shared.state_writer import StateWriter
from lambdas.shared.window_state import StateWrite

BATCHES = 4
TABLE = "states"


def comparisons(effort: Effort) -> Iterator[Comparison]:
    """The rows of this benchmark."""
    batches, runs = effort.of(BATCHES), min(effort.runs, 3)
    it = world(batches=batches * (runs + 1))
    with _server() as endpoint, _environment(endpoint):
        _fill(it)
        fresh = iter(range(0, len(it.batches), batches))
        ours_s, other_s = medians(
            (lambda: _enrich(it, next(fresh), batches), lambda: _record_by_record(it, batches)), runs=runs
        )
    yield Comparison(
        name="one shard's lane, real clients",
        ours=batches * BATCH / ours_s,
        other=batches * BATCH / other_s,
        other_name="Powertools BatchProcessor, one GetItem and one PutItem per record, no features",
        unit="records/s",
    )


@contextlib.contextmanager
def _server() -> Iterator[str]:
    process = subprocess.Popen([sys.executable, "-m", "bench.null_server"], stdout=subprocess.PIPE, text=True)
    try:
        yield f"http://127.0.0.1:{int(cast(IO[str], process.stdout).readline())}"
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def _environment(endpoint: str) -> Iterator[None]:
    variables = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "USECASE": USECASE,
        "STAGE": "bench",
        "STATE_TABLE": TABLE,
        "FEATURE_DELIVERY_STREAM": "vectors",
        "FEATURE_GROUPS": "customer=customers,terminal=terminals",
        "QUARANTINE_BUCKET": "lake",
    }
    with mock.patch.dict(os.environ, variables), contextlib.redirect_stdout(io.StringIO()):
        adapters.settings.cache_clear()
        adapters.connect.cache_clear()
        yield
        adapters.settings.cache_clear()
        adapters.connect.cache_clear()


def _fill(it: World) -> None:
    writes = [
        StateWrite(
            key=key,
            source=stored.source,
            data=stored.data,
            mark=stored.mark,
            folded=stored.folded,
            expires_at=1,
            read_mark=None,
            first_mark=stored.mark,
        )
        for key, items in it.states.items()
        for stored in items.values()
    ]
    with ThreadPoolExecutor(4) as executor:
        StateWriter(clients.client("dynamodb", clients.BULK), TABLE, executor=executor).write(writes)


def _enrich(it: World, first: int, batches: int) -> None:
    for batch in it.batches[first : first + batches]:
        if handler(batch, context())["batchItemFailures"]:
            raise AssertionError("the batch was not processed")


def _record_by_record(it: World, batches: int) -> None:
    table = boto3.resource("dynamodb").Table(TABLE)
    processor = BatchProcessor(event_type=EventType.KinesisDataStreams)

    def process(record: KinesisStreamRecord) -> None:
        event = record.kinesis.data_as_json()
        key = {"entity": f"customer#{event['customer_id']}", "source": f"simple#{SHARD}"}
        item: dict[str, Any] = table.get_item(Key=key, ConsistentRead=True).get("Item") or {**key, "count": 0}
        table.put_item(Item={**item, "count": int(str(item["count"])) + 1})

    for batch in it.batches[:batches]:
        process_partial_response(event=batch, record_handler=process, processor=processor, context=context())
