"""Writes window state to DynamoDB: each item on its own condition, two dozen to a call.

PartiQL batches are the only conditional write that takes several items, fails them one by one and costs no more than
single writes (a transaction costs double). Grants: ``dynamodb:PartiQLInsert``, ``PartiQLUpdate`` and ``PutItem``.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import Executor
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from headrace.errors import RetryableError
from lambdas.shared.failures import DependencyError, translate
from lambdas.shared.layouts import Layouts
from lambdas.shared.state_reader import REGISTER
from lambdas.shared.stream import NO_MARK
from lambdas.shared.window_state import EntityKey, StateWrite

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, BatchStatementRequestTypeDef

_STATEMENTS_PER_CALL = 25
_BYTES_PER_CALL = 4 * 1024 * 1024
_ATTEMPTS = 4
_PAUSE_S = 0.05
_DAY_S = 86_400
_LOST = frozenset({"ConditionalCheckFailed", "DuplicateItem"})
_TRANSIENT = frozenset(
    {
        "InternalServerError",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
        "ThrottlingError",
        "TransactionConflict",
    }
)


def register_entry(source: str, expires_at: int) -> dict[str, "AttributeValueTypeDef"]:
    """The item that tells readers of a sort key; it has to be there before, and for longer than, any item under it."""
    return {
        "entity": {"S": REGISTER},
        "source": {"S": source},
        "mark": {"S": NO_MARK},
        "folded": {"N": "0"},
        "expires_at": {"N": str(expires_at)},
    }


class StateWriter:
    """Writes items, each on the condition of its mark."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        *,
        executor: Executor,
        layouts: Layouts | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._table = table
        self._executor = executor
        self._layouts = layouts
        self._sleep = sleep
        self._registered: dict[str, int] = {}
        name = table.replace('"', '""')
        self._insert = (
            f"""INSERT INTO "{name}" VALUE {{'state': ?, 'mark': ?, 'folded': ?, 'expires_at': ?, """
            "'entity': ?, 'source': ?}"
        )
        self._update = (  # the table's name is ours, quoted; values travel as parameters
            f'UPDATE "{name}" SET "state" = ? SET "mark" = ? SET "folded" = ? SET "expires_at" = ? '  # noqa: S608
            'WHERE "entity" = ? AND "source" = ? AND "mark" = ?'
        )

    def write(self, writes: Sequence[StateWrite]) -> AbstractSet[EntityKey]:
        """Write every item whose condition holds.

        Returns:
            The entities that were not written: another invocation was faster, or the table throttled or is not there.

        Raises:
            DependencyError: if the table refuses for good: a missing grant, an item above 400 KB.
        """
        if not writes:
            return frozenset()
        try:
            self._register(writes[0].source, max(write.expires_at for write in writes))
        except RetryableError:
            return {write.key for write in writes}
        return frozenset().union(*self._executor.map(self._write_chunk, _chunks(writes)))

    def _register(self, source: str, expires_at: int) -> None:
        """List sort key and layouts for readers, before any item has them and for longer than any item lives."""
        if self._registered.get(source, 0) >= expires_at:
            return
        until = expires_at + _DAY_S
        if self._layouts:
            self._layouts.register(until)
        try:
            self._client.put_item(TableName=self._table, Item=register_entry(source, until))
        except (ClientError, BotoCoreError) as exc:
            raise translate(exc, doing="registering a source of window state") from exc
        self._registered[source] = until

    def _write_chunk(self, writes: Sequence[StateWrite]) -> AbstractSet[EntityKey]:
        lost: set[EntityKey] = set()
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._sleep(_PAUSE_S * 2**attempt * random.uniform(0.5, 1))  # noqa: S311  # jitter, not a secret
            codes = self._execute(writes)
            lost |= {write.key for write, code in zip(writes, codes, strict=True) if code in _LOST}
            writes = [write for write, code in zip(writes, codes, strict=True) if code in _TRANSIENT]
            if not writes:
                return lost
        return lost | {write.key for write in writes}

    def _execute(self, writes: Sequence[StateWrite]) -> list[str]:
        """One call. Returns an error code per write, empty if it was written."""
        try:
            answer = self._client.batch_execute_statement(Statements=[self._statement(write) for write in writes])
        except (ClientError, BotoCoreError) as exc:
            failure = translate(exc, doing="writing window state")
            if isinstance(failure, RetryableError):
                return ["ThrottlingError"] * len(writes)
            raise failure from exc
        errors = [response.get("Error", {}) for response in answer["Responses"]]
        codes = [str(error.get("Code", "")) for error in errors]
        for error, code in zip(errors, codes, strict=True):
            if code and code not in _LOST | _TRANSIENT:
                raise DependencyError(f"writing window state: {code}: {error.get('Message', '')}")
        return codes

    def _statement(self, write: StateWrite) -> "BatchStatementRequestTypeDef":
        values: list[AttributeValueTypeDef] = [
            {"B": write.data},
            {"S": write.mark},
            {"N": str(write.folded)},
            {"N": str(write.expires_at)},
            {"S": write.key.id},
            {"S": write.source},
        ]
        if write.read_mark is None:
            return {"Statement": self._insert, "Parameters": values}
        return {"Statement": self._update, "Parameters": [*values, {"S": write.read_mark}]}


def _chunks(writes: Sequence[StateWrite]) -> Iterator[Sequence[StateWrite]]:
    chunk: list[StateWrite] = []
    size = 0
    for write in writes:
        if chunk and (len(chunk) == _STATEMENTS_PER_CALL or size + len(write.data) > _BYTES_PER_CALL):
            yield chunk
            chunk, size = [], 0
        chunk.append(write)
        size += len(write.data)
    yield chunk
