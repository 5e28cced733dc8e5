"""The label inbox's hands: files in S3, the labels stream, the queue that carries on; and their wiring."""

import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from headrace.errors import RetryableError
from lambdas.label_inbox.batches import GoneError, Opened, Outgoing, Reading
from lambdas.label_inbox.logic import LabelInbox
from lambdas.label_inbox.places import Place
from lambdas.label_inbox.settings import Settings
from lambdas.shared.clients import BULK, client
from lambdas.shared.failures import code_of, translate
from lambdas.shared.lake_bucket import LakeBucket
from lambdas.shared.loading import features

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_kinesis import KinesisClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

_CHUNK_BYTES = 1024 * 1024
_ATTEMPTS = 7
_PAUSE_S = 0.1
_GONE = frozenset({"NoSuchKey", "NoSuchVersion", "MethodNotAllowed"})
"""Deleted; a GET of a delete marker by its version is "not allowed"."""


class InboxFiles:
    """Files and receipts of the lake's bucket."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def open(self, place: Place, *, offset: int) -> Opened:
        """Read the place's version of its file from a byte on.

        Raises:
            GoneError: if it was deleted.
            RetryableError: if S3 throttles or cannot be reached; so may the chunks.
            DependencyError: if it refuses.
        """
        wished: dict[str, Any] = {"VersionId": place.version} if place.version else {}
        if offset:
            wished["Range"] = f"bytes={offset}-"
        try:
            found = self._client.get_object(Bucket=self._bucket, Key=place.key, **wished)
        except (ClientError, BotoCoreError) as exc:
            if isinstance(exc, ClientError) and code_of(exc) in _GONE:
                raise GoneError(f"{place.key} was deleted") from exc
            if (
                isinstance(exc, ClientError) and code_of(exc) == "InvalidRange"
            ):  # the last slice ended where the file does
                return Opened(place.modified, iter(()))
            raise translate(exc, doing="reading a file of labels") from exc
        return Opened(int(found["LastModified"].timestamp()), _chunks(found["Body"]))

    def holds(self, key: str) -> bool:
        """Whether there is an object of that key. A listing tells its absence from a lack of rights; reading does not.

        Raises:
            RetryableError: if S3 throttles or cannot be reached.
            DependencyError: if it refuses.
        """
        try:
            found = self._client.list_objects_v2(Bucket=self._bucket, Prefix=key, MaxKeys=1)
        except (ClientError, BotoCoreError) as exc:
            raise translate(exc, doing="looking for a receipt") from exc
        return any(it["Key"] == key for it in found.get("Contents", []))


def _chunks(body: "StreamingBody") -> Iterator[bytes]:
    try:
        yield from body.iter_chunks(_CHUNK_BYTES)
    except BotoCoreError as exc:
        raise translate(exc, doing="reading a file of labels") from exc
    finally:
        body.close()


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


class InboxQueue:
    """The queue that this function is fed from."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def send(self, body: str, *, delay_s: int) -> None:
        """Send one message, to be seen after a delay.

        Raises:
            RetryableError: if SQS throttles or cannot be reached.
            DependencyError: if it refuses.
        """
        try:
            self._client.send_message(QueueUrl=self._url, MessageBody=body, DelaySeconds=delay_s)
        except (ClientError, BotoCoreError) as exc:
            raise translate(exc, doing="sending on the rest of a file") from exc


@cache
def settings() -> Settings:
    """This process's settings."""
    return Settings.from_env(os.environ)


@cache
def connect() -> LabelInbox:
    """The function, wired to AWS; once per process."""
    its = settings()
    files = InboxFiles(client("s3"), its.lake_bucket)
    return LabelInbox(
        reading=Reading(
            usecase=features(its.usecase).usecase,
            inbox=files,
            stream=LabelsStream(client("kinesis", BULK), its.labels_stream),
            lake=LakeBucket(client("s3"), its.lake_bucket),
            slice_s=its.slice_s,
            most_bytes=its.most_bytes,
            most_ratio=its.most_ratio,
        ),
        receipts=files,
        queue=InboxQueue(client("sqs"), its.queue_url),
    )
