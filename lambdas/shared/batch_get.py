"""Items of a DynamoDB table by key, a hundred per call, until none is left unread."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, TypeAlias

from botocore.exceptions import BotoCoreError, ClientError

from headrace.errors import RetryableError
from headrace.frozen import dataclass
from lambdas.shared.failures import translate

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, UniversalAttributeValueTypeDef

Item: TypeAlias = "Mapping[str, AttributeValueTypeDef]"
Key: TypeAlias = "Mapping[str, UniversalAttributeValueTypeDef]"
_KEYS_PER_CALL = 100
_ATTEMPTS = 5
_PAUSE_S = 0.05


@dataclass(frozen=True, kw_only=True)
class BatchGet:
    """Reads a table. ``doing`` is what errors call it; the calls run side by side on the executor."""

    client: "DynamoDBClient"
    table: str
    executor: Executor
    doing: str
    sleep: Callable[[float], None] = time.sleep

    def items(self, keys: Sequence[Key]) -> list[Item]:
        """The items of these keys that exist, read consistently.

        Raises:
            RetryableError: if the table is throttled, cannot be reached, or leaves keys unread again and again.
            DependencyError: if it refuses.
        """
        chunks = [keys[start : start + _KEYS_PER_CALL] for start in range(0, len(keys), _KEYS_PER_CALL)]
        return [item for found in self.executor.map(self._chunk, chunks) for item in found]

    def _chunk(self, keys: Sequence[Key]) -> list[Item]:
        items: list[Item] = []
        for attempt in range(_ATTEMPTS):
            if attempt:
                self.sleep(_PAUSE_S * 2**attempt * random.uniform(0.5, 1))  # noqa: S311  # jitter, not a secret
            try:
                answer = self.client.batch_get_item(RequestItems={self.table: {"Keys": keys, "ConsistentRead": True}})
            except (ClientError, BotoCoreError) as exc:
                raise translate(exc, doing=self.doing) from exc
            items += answer["Responses"].get(self.table, [])
            left = answer.get("UnprocessedKeys", {}).get(self.table)
            if not left:
                return items
            keys = left["Keys"]
        raise RetryableError(f"{self.doing}: {len(keys)} keys unread after {_ATTEMPTS} attempts")
