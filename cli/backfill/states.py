"""History into window state: one item per entity and source, under sort keys that no shard ever writes."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from cli.backfill.lake import SHARD
from cli.deployment import Deployment
from headrace.errors import HeadraceError, RetryableError
from headrace.features import FeatureSet
from headrace.usecase import UseCase
from headrace.windows_columnar import EntityState
from lambdas.shared.layouts import description_item, layouts_of
from lambdas.shared.state_reader import BACKFILL, REGISTER
from lambdas.shared.state_writer import register_entry
from lambdas.shared.stream import NO_MARK
from lambdas.shared.window_state import EntityKey, source_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_DAY_S = 86_400
MARGIN_S = 7 * _DAY_S
BATCH_LIMIT = 25
ATTEMPTS = 8
WRITERS = 4


class StreamStartedError(HeadraceError):
    """The stream has written window state: it is too late for a backfill."""


def require_no_stream(deployment: Deployment) -> None:
    """Refuse to backfill below a stream that has begun.

    A shard registers its sort key before it first writes. What the shards have folded may be what the history holds,
    and vectors that were logged meanwhile lack the history; neither can be told or mended afterwards.

    Raises:
        StreamStartedError: naming the shards, and what to do.
    """
    pages = deployment.dynamodb.get_paginator("query").paginate(
        TableName=deployment.state_table,
        ConsistentRead=True,
        KeyConditionExpression="entity = :entity",
        ExpressionAttributeValues={":entity": {"S": REGISTER}},
    )
    shards = sorted({item["source"]["S"] for page in pages for item in page["Items"]} - BACKFILL)
    if shards:
        raise StreamStartedError(
            f"the stream has begun: {', '.join(shards)} wrote to table {deployment.state_table}. A backfill must end "
            "before the first event is streamed: stop the producers, empty the table and the lake's folders events/, "
            "features/ and labels/ (or deploy another stage), backfill, then start the producers"
        )


def expiry(usecase: UseCase, started_at: int) -> int:
    """When an item written now may disappear, in epoch seconds: a week after its last window has closed."""
    return started_at + MARGIN_S + max((it.length_s + it.delay_s for it in usecase.window_features), default=0)


def write_states(deployment: Deployment, states: Sequence[EntityState], *, expires_at: int) -> None:
    """Write items, over those that an earlier run wrote.

    Raises:
        RetryableError: if DynamoDB keeps refusing items.
    """
    items = [_item(it, str(expires_at)) for it in states]
    batches = [items[start : start + BATCH_LIMIT] for start in range(0, len(items), BATCH_LIMIT)]
    requests = [[{"PutRequest": {"Item": item}} for item in batch] for batch in batches]
    send(deployment.dynamodb, deployment.state_table, requests)


def announce(deployment: Deployment, features: FeatureSet, *, expires_at: int) -> None:
    """Say under which sort keys items will be, and how they are packed: readers look nowhere else.

    Code with other features may be deployed before the first event comes, so it must be able to read them.

    Raises:
        RetryableError: if DynamoDB keeps refusing items.
    """
    until = expires_at + _DAY_S
    items: list[dict[str, Any]] = [description_item(layout, until) for layout in layouts_of(features)]
    items += [dict(register_entry(source, until)) for source in sorted(BACKFILL)]
    send(deployment.dynamodb, deployment.state_table, [[{"PutRequest": {"Item": item}} for item in items]])


def written_by_backfill(deployment: Deployment) -> Iterator[dict[str, Any]]:
    """The keys of all items that any backfill wrote."""
    sources = sorted(BACKFILL)
    pages = deployment.dynamodb.get_paginator("scan").paginate(
        TableName=deployment.state_table,
        ProjectionExpression="entity, #source",
        FilterExpression="#source IN (:events, :labels)",
        ExpressionAttributeNames={"#source": "source"},
        ExpressionAttributeValues={":events": {"S": sources[0]}, ":labels": {"S": sources[1]}},
    )
    for page in pages:
        yield from page["Items"]


def send(client: "DynamoDBClient", table: str, batches: Sequence[list[Any]]) -> None:
    """Send batches of write requests, a few at a time, each until the table has taken all of it.

    Raises:
        RetryableError: if DynamoDB keeps refusing.
    """
    with ThreadPoolExecutor(WRITERS) as pool:
        for _ in pool.map(lambda batch: _send(client, table, batch), batches):
            pass


def _send(client: "DynamoDBClient", table: str, waiting: list[Any]) -> None:
    for attempt in range(ATTEMPTS):
        waiting = client.batch_write_item(RequestItems={table: waiting}).get("UnprocessedItems", {}).get(table, [])
        if not waiting:
            return
        time.sleep(0.05 * 2**attempt)
    raise RetryableError(f"DynamoDB refused {len(waiting)} items of table {table} {ATTEMPTS} times; raise its capacity")


def _item(it: EntityState, expires_at: str) -> dict[str, Any]:
    return {
        "entity": {"S": EntityKey(it.entity, it.key).id},
        "source": {"S": source_of(it.source, SHARD)},
        "state": {"B": it.state},
        "mark": {"S": NO_MARK},
        "folded": {"N": str(it.folded)},
        "expires_at": {"N": expires_at},
    }
