"""History into a deployed platform: window state, the lake and a training set, as if the stream had carried it.

Running it again writes the same objects and items over the old ones. It must end before the stream begins: the items it
writes have the source ``events#backfill`` and ``labels#backfill``, which no shard ever touches.
"""

import hashlib
import io
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from cli.deployment import Deployment
from cli.plan import Plan, Report
from headrace.errors import RetryableError, UseCaseError
from headrace.usecase import UseCase
from headrace.windows_columnar import entity_states, training_frame
from lambdas.shared.stream import NO_MARK
from lambdas.shared.window_state import EntityKey, source_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SHARD = "backfill"
MARGIN_S = 7 * 86_400
BATCH_LIMIT = 25
ATTEMPTS = 8
WRITERS = 4


@dataclass(frozen=True)
class Backfill:
    """What a backfill wrote: counts, and the prefix of the training set."""

    events: int
    labels: int
    states: int
    training_rows: int
    training_prefix: str


def backfill(deployment: Deployment, plan: Plan, report: Report) -> Backfill:
    """Write everything that the platform would know at the moment where the plan's history ends.

    Raises:
        RetryableError: if DynamoDB keeps refusing items.
    """
    usecase = plan.usecase
    labels = plan.labels_known(None, plan.at)
    require_readable(usecase)
    events = plan.history.drop(columns=usecase.label.field)
    report(0, 4, "writing events to the lake")
    _write_lake(deployment, events)
    report(1, 4, "folding window state")
    states = _write_states(deployment, entity_states(usecase, events, labels, at=plan.at))
    report(2, 4, "computing the training set")
    training = _labelled(usecase, training_frame(usecase, events, labels), labels)
    report(3, 4, "writing the training set")
    prefix = _write_training_set(deployment, training)
    report(4, 4, f"{len(events):,} events, {states:,} states, {len(training):,} training rows")
    return Backfill(len(events), len(labels), states, len(training), prefix)


def require_readable(usecase: UseCase) -> None:
    """Refuse a use case whose history would reach the lake unhashed.

    Raises:
        UseCaseError: naming the field that the deployed functions hash under a key that no tool may read.
    """
    for field in usecase.event.fields:
        if field.privacy == "hash":
            raise UseCaseError(
                f"fields[{field.name}].privacy",
                "a backfill cannot hash as the deployed functions do",
                "leave history out, or hash the field before it becomes an event and set privacy='clear'",
            )


def _labelled(usecase: UseCase, frame: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    truth = pd.Series(known[usecase.label.field].to_numpy(), index=known[usecase.event.id].to_numpy())
    rows = frame[frame[usecase.event.id].isin(truth.index)]
    return rows.assign(label=truth.loc[rows[usecase.event.id]].to_numpy().astype("int8"))


def _write_lake(deployment: Deployment, events: pd.DataFrame) -> None:
    shape = deployment.usecase.event
    timestamp, removed = shape.timestamp, [field.name for field in shape.fields if field.privacy == "remove"]
    hours = events[timestamp] // 3600

    def write(hour: int, rows: pd.DataFrame) -> None:
        moment = pd.Timestamp(hour * 3600, unit="s")
        arrived = pd.to_datetime(rows[timestamp], unit="s").dt.as_unit("ms")
        delivered = rows.drop(columns=removed, errors="ignore").assign(
            shard_id=SHARD, sequence_number=NO_MARK, arrived_at=arrived
        )
        delivered[timestamp] = arrived
        table = pa.Table.from_pandas(delivered, preserve_index=False)
        _put_parquet(deployment, f"events/dt={moment:%Y-%m-%d}/hh={moment:%H}/backfill.parquet", table)

    with ThreadPoolExecutor(WRITERS) as pool:
        for done in [pool.submit(write, hour, rows) for hour, rows in events.groupby(hours, sort=True)]:
            done.result()


def _write_training_set(deployment: Deployment, frame: pd.DataFrame) -> str:
    digest = hashlib.sha256(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes()).hexdigest()[:12]
    prefix = f"training/backfill-{digest}"
    _put_parquet(deployment, f"{prefix}/part-0.parquet", pa.Table.from_pandas(frame, preserve_index=False))
    return f"s3://{deployment.bucket}/{prefix}"


def _put_parquet(deployment: Deployment, key: str, table: pa.Table) -> None:
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="snappy")
    deployment.s3.put_object(Bucket=deployment.bucket, Key=key, Body=buffer.getvalue())


def _write_states(deployment: Deployment, states: Iterable[Any]) -> int:
    usecase = deployment.usecase
    longest = max((feature.length_s + feature.delay_s for feature in usecase.window_features), default=0)
    expires_at = str(int(time.time()) + longest + MARGIN_S)
    items = (
        {
            "entity": {"S": EntityKey(entity, key).id},
            "source": {"S": source_of(source, SHARD)},
            "state": {"B": state},
            "mark": {"S": NO_MARK},
            "folded": {"N": str(count)},
            "expires_at": {"N": expires_at},
        }
        for entity, key, source, state, count in states
    )
    written = 0
    with ThreadPoolExecutor(WRITERS) as pool:
        for count in pool.map(
            lambda batch: _put_items(deployment.dynamodb, deployment.state_table, batch), _batches(items)
        ):
            written += count
    return written


def _batches(items: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while batch := list(islice(items, BATCH_LIMIT)):
        yield batch


def _put_items(client: "DynamoDBClient", table: str, items: list[dict[str, Any]]) -> int:
    waiting: list[Any] = [{"PutRequest": {"Item": item}} for item in items]
    for attempt in range(ATTEMPTS):
        waiting = client.batch_write_item(RequestItems={table: waiting}).get("UnprocessedItems", {}).get(table, [])
        if not waiting:
            return len(items)
        time.sleep(0.05 * 2**attempt)
    raise RetryableError(f"DynamoDB refused {len(waiting)} items of table {table} {ATTEMPTS} times; raise its capacity")
