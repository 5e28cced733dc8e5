"""A Kinesis stream as the sink of a file's records."""

import random
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from headrace.errors import RetryableError
from lambdas.shared.failures import is_throttle, translate
from lambdas.shared.files.ports import PartlyTakenError
from lambdas.shared.files.rows import Outgoing

if TYPE_CHECKING:
    from mypy_boto3_kinesis import KinesisClient

_ATTEMPTS = 7
_PAUSE_S = 0.1


class RecordStream:
    """A stream. ``rows`` is what its records are, for messages.

    Kinesis may turn one record away and take a later one of the same key. With ``ordered`` that one is then sent once
    more, so that the last of a key's records on the stream is the last of the file; without it no record is sent again
    that Kinesis is known to have.
    """

    def __init__(
        self,
        client: "KinesisClient",
        stream: str,
        *,
        rows: str,
        ordered: bool,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._stream = stream
        self._rows = rows
        self._ordered = ordered
        self._sleep = sleep

    def put(self, records: Sequence[Outgoing]) -> int:
        """Put records, with growing pauses where the stream is full.

        Returns:
            How many sendings may have been of what the stream had already.

        Raises:
            PartlyTakenError: if some are still turned away.
            DependencyError: if Kinesis refuses for good.
        """
        left, again = list(records), 0
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._sleep(_PAUSE_S * 2**attempt * random.uniform(0.5, 1))  # noqa: S311  # jitter, not a secret
            left, unsure = self._put(left)
            if not left:
                return again
            again += unsure
        problem = f"the {self._rows} stream turned {len(left)} records away {_ATTEMPTS} times: add shards"
        raise PartlyTakenError(problem, taken=len(records) - len(left) + again)

    def _put(self, records: list[Outgoing]) -> tuple[list[Outgoing], int]:
        """One call. Returns what has to be sent again, and how many of it the stream may have."""
        entries: list[Any] = [{"Data": it.data, "PartitionKey": it.key} for it in records]
        try:
            answer = self._client.put_records(StreamName=self._stream, Records=entries)
        except (ClientError, BotoCoreError) as exc:
            failure = translate(exc, doing=f"putting {self._rows} on the stream")
            if isinstance(failure, RetryableError):
                return records, 0 if isinstance(exc, ClientError) and is_throttle(exc) else len(records)
            raise failure from exc
        refused: set[str] = set()
        again, taken = [], 0
        for record, result in zip(records, answer["Records"], strict=True):
            turned_away = bool(result.get("ErrorCode"))
            if turned_away or (self._ordered and record.key in refused):
                refused.add(record.key)
                again.append(record)
                taken += not turned_away
        return again, taken
