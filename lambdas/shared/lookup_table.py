"""Readings in DynamoDB: one item per look-up and key, read by the hundred, written on the condition of its version."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from headrace.errors import SettingsError, StateError
from headrace.lookups import LookupKey, Readings, decode, encode
from headrace.usecase import UseCase
from lambdas.shared.batch_get import BatchGet
from lambdas.shared.failures import DependencyError, code_of, translate
from lambdas.shared.looked_up import LookingUp, LookupWrite, ReadingsStore, Stored
from lambdas.shared.lookup_keys import EXPIRY, PARTITION_KEY

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_DOING = "reading look-ups"


def id_of(key: LookupKey) -> str:
    """The table's partition key. A look-up's name holds no ``#``."""
    return f"{key.lookup}#{key.key}"


class LookupTable:
    """The table."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        *,
        executor: Executor,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._table = table
        self._executor = executor
        self._batch = BatchGet(client=client, table=table, executor=executor, doing=_DOING, sleep=sleep)

    def read(self, keys: Iterable[LookupKey]) -> Mapping[LookupKey, Readings]:
        """The readings of each key of which there are any, consistently.

        Raises:
            RetryableError: if the table is throttled or cannot be reached.
            DependencyError: if it refuses, or an item cannot be read.
        """
        return {key: it.readings for key, it in self.stored(keys).items()}

    def stored(self, keys: Iterable[LookupKey]) -> dict[LookupKey, Stored]:
        """The same with the items' versions. Raises as ``read`` does."""
        by_id = {id_of(key): key for key in keys}
        items = self._batch.items([{PARTITION_KEY: {"S": it}} for it in by_id])
        return {by_id[item[PARTITION_KEY]["S"]]: _stored(item) for item in items}

    def write(self, writes: Sequence[LookupWrite]) -> list[LookupKey]:
        """Write every item whose condition holds.

        Returns:
            The keys of which somebody else was faster: read them again.

        Raises:
            RetryableError: if the table is throttled or cannot be reached.
            DependencyError: if it refuses.
        """
        taken = self._executor.map(self._put, writes)
        return [write.key for write, done in zip(writes, taken, strict=True) if not done]

    def _put(self, write: LookupWrite) -> bool:
        item: dict[str, Any] = {
            PARTITION_KEY: {"S": id_of(write.key)},
            "readings": {"B": encode(write.readings)},
            "version": {"N": str(write.version + 1)},
        }
        if write.expires_at is not None:
            item[EXPIRY] = {"N": str(write.expires_at)}
        condition: dict[str, Any] = {"ConditionExpression": f"attribute_not_exists({PARTITION_KEY})"}
        if write.version:
            condition = {
                "ConditionExpression": "version = :read",
                "ExpressionAttributeValues": {":read": {"N": str(write.version)}},
            }
        try:
            self._client.put_item(TableName=self._table, Item=item, **condition)
        except (ClientError, BotoCoreError) as exc:
            if isinstance(exc, ClientError) and code_of(exc) == "ConditionalCheckFailedException":
                return False
            raise translate(exc, doing="writing look-ups") from exc
        return True


def _stored(item: Mapping[str, Any]) -> Stored:
    try:
        return Stored(decode(item["readings"]["B"]), int(item["version"]["N"]))
    except StateError as exc:
        raise DependencyError(f"{_DOING}: {exc}") from exc


def _unguarded(store: ReadingsStore) -> ReadingsStore:
    return store


def lookups_of(
    usecase: UseCase,
    client: "DynamoDBClient",
    table: str,
    executor: Executor,
    *,
    guard: Callable[[ReadingsStore], ReadingsStore] = _unguarded,
) -> LookingUp | None:
    """What fills a use case's events; None if it looks nothing up. ``guard`` is put before the table.

    Raises:
        SettingsError: if it does, and no table is named.
    """
    if not usecase.lookups:
        return None
    if not table:
        raise SettingsError(f"LOOKUP_TABLE is missing, and {usecase.name} has look-ups: set it")
    return LookingUp(usecase=usecase, store=guard(LookupTable(client, table, executor=executor)))
