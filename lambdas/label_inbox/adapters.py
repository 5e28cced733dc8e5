"""The label inbox's hands: the labels stream, and the wiring of everything that reads files."""

import os
import random
import time
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from headrace.errors import RetryableError
from lambdas.label_inbox.logic import LabelReader
from lambdas.label_inbox.settings import FOLDERS, Settings
from lambdas.shared.clients import BULK, client
from lambdas.shared.failures import translate
from lambdas.shared.files.batches import Reading
from lambdas.shared.files.inbox import FileInbox
from lambdas.shared.files.objects import InboxFiles, InboxQueue
from lambdas.shared.files.rows import Outgoing
from lambdas.shared.files.text_files import TEXT_FORMATS
from lambdas.shared.lake_bucket import LakeBucket
from lambdas.shared.loading import features

if TYPE_CHECKING:
    from mypy_boto3_kinesis import KinesisClient

_ATTEMPTS = 7
_PAUSE_S = 0.1


class LabelsStream:
    """The labels stream, in whose order each key's records arrive."""

    def __init__(self, client: "KinesisClient", stream: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._stream = stream
        self._sleep = sleep

    def put(self, records: Sequence[Outgoing]) -> None:
        """Put records, with growing pauses where the stream is full.

        Kinesis may turn one record away and take a later one of the same key. That one is then sent once more, so that
        the last of a key's records on the stream is the last of the file.

        Raises:
            RetryableError: if some are still turned away.
            DependencyError: if Kinesis refuses for good.
        """
        left = list(records)
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._sleep(_PAUSE_S * 2**attempt * random.uniform(0.5, 1))  # noqa: S311  # jitter, not a secret
            left = self._put(left)
            if not left:
                return
        raise RetryableError(f"the labels stream turned {len(left)} records away {_ATTEMPTS} times: add shards")

    def _put(self, records: list[Outgoing]) -> list[Outgoing]:
        """One call. Returns what has to be sent again."""
        entries: list[Any] = [{"Data": it.data, "PartitionKey": it.key} for it in records]
        try:
            answer = self._client.put_records(StreamName=self._stream, Records=entries)
        except (ClientError, BotoCoreError) as exc:
            failure = translate(exc, doing="putting labels on the stream")
            if isinstance(failure, RetryableError):
                return records
            raise failure from exc
        refused: set[str] = set()
        again = []
        for record, result in zip(records, answer["Records"], strict=True):
            if result.get("ErrorCode") or record.key in refused:
                refused.add(record.key)
                again.append(record)
        return again


@cache
def settings() -> Settings:
    """This process's settings."""
    return Settings.from_env(os.environ)


@cache
def connect() -> FileInbox:
    """The function, wired to AWS; once per process.

    A slice may be done again: its labels then come twice, which changes nothing, because labels fold by what they say
    and not by when they come. For that, lines that do not say when they were given all take the time at which S3 got
    the file.
    """
    its = settings()
    files = InboxFiles(client("s3"), its.lake_bucket, rows="labels")
    usecase = features(its.usecase).usecase
    return FileInbox(
        reading=Reading(
            usecase=usecase,
            folders=FOLDERS,
            formats=TEXT_FORMATS,
            reader=partial(LabelReader, usecase),
            inbox=files,
            sink=LabelsStream(client("kinesis", BULK), its.labels_stream),
            lake=LakeBucket(client("s3"), its.lake_bucket),
            slice_s=its.slice_s,
            most_bytes=its.most_bytes,
            most_ratio=its.most_ratio,
        ),
        receipts=files,
        queue=InboxQueue(client("sqs"), its.queue_url),
    )
