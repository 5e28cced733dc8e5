"""Files and receipts in S3, and the queue that carries on with the rest of a file."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.shared.failures import code_of, translate
from lambdas.shared.files.places import Place
from lambdas.shared.files.ports import GoneError, Opened

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

_CHUNK_BYTES = 1024 * 1024
_GONE = frozenset({"NoSuchKey", "NoSuchVersion", "MethodNotAllowed"})
"""Deleted; a GET of a delete marker by its version is "not allowed"."""


class InboxFiles:
    """Files and receipts of the lake's bucket. ``rows`` is what the files are of, for messages."""

    def __init__(self, client: "S3Client", bucket: str, *, rows: str) -> None:
        self._client = client
        self._bucket = bucket
        self._doing = f"reading a file of {rows}"

    def open(self, place: Place, *, offset: int, length: int | None = None) -> Opened:
        """Read the place's version of its file from a byte on, to the end or so many bytes.

        Raises:
            GoneError: if it was deleted.
            RetryableError: if S3 throttles or cannot be reached; so may the chunks.
            DependencyError: if it refuses.
        """
        wished: dict[str, Any] = {"VersionId": place.version} if place.version else {}
        if offset or length is not None:
            wished["Range"] = f"bytes={offset}-" + ("" if length is None else str(offset + length - 1))
        try:
            found = self._client.get_object(Bucket=self._bucket, Key=place.key, **wished)
        except (ClientError, BotoCoreError) as exc:
            code = code_of(exc) if isinstance(exc, ClientError) else ""
            if code in _GONE:
                raise GoneError(f"{place.key} was deleted") from exc
            if code == "InvalidRange":  # the last slice ended where the file does
                return Opened(place.modified, iter(()))
            raise translate(exc, doing=self._doing) from exc
        chunks = self._chunks(found["Body"])
        return Opened(int(found["LastModified"].timestamp()), chunks, found.get("ContentLength", 0))

    def _chunks(self, body: "StreamingBody") -> Iterator[bytes]:
        try:
            yield from body.iter_chunks(_CHUNK_BYTES)
        except BotoCoreError as exc:
            raise translate(exc, doing=self._doing) from exc
        finally:
            body.close()

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


class InboxQueue:
    """The queue that the function is fed from."""

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
