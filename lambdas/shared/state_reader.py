"""Reads window state from DynamoDB in as few calls as the contract allows.

A call costs more than the item in it (about 1.2 ms of CPU in the SDK alone), and a batch of events touches nearly two
entities per event, so items are read by the hundred. That needs their sort keys: every shard registers its own under
``#sources`` before it first writes (see ``state_writer``). With many sources, where most keys would name no item and
be billed all the same, entities are queried one by one instead.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from headrace.usecase import UseCase
from lambdas.shared.batch_get import BatchGet, Item, Key
from lambdas.shared.failures import translate
from lambdas.shared.layouts import Layouts
from lambdas.shared.window_state import EntityKey, StoredState, kind_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

REGISTER = "#sources"
"""Partition key under which the table lists the sort keys in use. No entity id starts with ``#``."""
BACKFILL = frozenset({"events#backfill", "labels#backfill"})
"""Sort keys that no shard ever writes."""
_MOST_SOURCES = 8
_DOING = "reading window state"


class StateReader:
    """Reads items, consistently. With ``layouts`` it also says in which layout another version's items are packed."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        *,
        usecase: UseCase,
        executor: Executor,
        layouts: Layouts | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._table = table
        self._executor = executor
        self._layouts = layouts
        self._batch = BatchGet(client=client, table=table, executor=executor, doing=_DOING, sleep=sleep)
        self._kinds: dict[str, set[str]] = defaultdict(set)
        for window in usecase.windows:
            self._kinds[window.entity].add(window.source)

    def read(self, keys: Iterable[EntityKey]) -> dict[EntityKey, list[StoredState]]:
        """Every stored state of each entity, from every shard, events and labels.

        Raises:
            RetryableError: if the table is throttled or cannot be reached.
            DependencyError: if it refuses.
        """
        sources = self._sources()
        if len(sources) > _MOST_SOURCES:
            return self.query(keys)
        pairs = [(key, source) for key in keys for source in sources if kind_of(source) in self._kinds[key.entity]]
        found: dict[EntityKey, list[StoredState]] = defaultdict(list)
        for key, state in self._get(pairs):
            found[key].append(state)
        return found

    def read_own(self, keys: Iterable[EntityKey], source: str) -> dict[EntityKey, StoredState]:
        """The items of one shard only. Raises as ``read`` does."""
        return dict(self._get([(key, source) for key in keys]))

    def query(self, keys: Iterable[EntityKey]) -> dict[EntityKey, list[StoredState]]:
        """Like ``read``, by one query per entity: the way for a few entities. Raises as ``read`` does."""
        wanted = list(keys)
        return dict(zip(wanted, self._executor.map(self._query, wanted), strict=True))

    def _sources(self) -> list[str]:
        items = self._pages(REGISTER, "#s")
        return sorted(item["source"]["S"] for item in items)

    def _query(self, key: EntityKey) -> list[StoredState]:
        return [self._stored(item) for item in self._pages(key.id, "#s, #d, #m, #f")]

    def _pages(self, partition: str, attributes: str) -> list[Item]:
        names = {"#s": "source", "#d": "state", "#m": "mark", "#f": "folded"}
        try:
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                ConsistentRead=True,
                KeyConditionExpression="entity = :entity",
                ExpressionAttributeValues={":entity": {"S": partition}},
                ExpressionAttributeNames={name: names[name] for name in attributes.split(", ")},
                ProjectionExpression=attributes,
            )
            return [item for page in pages for item in page["Items"]]
        except (ClientError, BotoCoreError) as exc:
            raise translate(exc, doing=_DOING) from exc

    def _get(self, pairs: Sequence[tuple[EntityKey, str]]) -> list[tuple[EntityKey, StoredState]]:
        by_id = {key.id: key for key, _ in pairs}
        keys: list[Key] = [{"entity": {"S": key.id}, "source": {"S": source}} for key, source in pairs]
        return [(by_id[item["entity"]["S"]], self._stored(item)) for item in self._batch.items(keys)]

    def _stored(self, item: Item) -> StoredState:
        data = item["state"]["B"]
        layout = self._layouts.foreign(data) if self._layouts else None
        return StoredState(item["source"]["S"], data, item["mark"]["S"], int(item["folded"]["N"]), layout)
