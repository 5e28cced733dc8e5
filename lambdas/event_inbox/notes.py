"""How far each file of events is, written to the lake before each batch goes to the stream.

A note says: the stream has everything before this place, and may have so many records behind it. Whoever takes the
file up after a crash goes on there, so one batch at most comes twice, and it is known which. A note is replaced only if
it is still the one that was read; so of two that work on one file at once, the second stops the first before its next
batch.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from headrace.errors import RetryableError
from lambdas.shared.failures import code_of, translate
from lambdas.shared.files.places import Place

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_ABSENT = frozenset({"NoSuchKey", "404"})
_OVERTAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"})


class FileNote:
    """The note about one version of one file."""

    def __init__(self, client: "S3Client", bucket: str, folder: str, place: Place) -> None:
        """Read it, if there is one.

        Raises:
            RetryableError: if S3 throttles or cannot be reached.
            DependencyError: if it refuses.
        """
        self._client = client
        self._bucket = bucket
        self._key = f"{folder}{place.digest}.json"
        self._tag = ""
        written = self._read()
        if written and written["place"]["line"] >= place.line:
            told = Place(**written["place"])
            place = replace(told, repeated=told.repeated + written["records"])
        self._place = place

    @property
    def place(self) -> Place:
        """Where to go on; records that may come twice from here are counted in it."""
        return self._place

    def begin(self, place: Place, records: int) -> None:
        """Write that the stream has everything before the place, and may soon have so many records behind it.

        Raises:
            RetryableError: if S3 throttles or cannot be reached, or somebody else has written since.
            DependencyError: if it refuses.
        """
        body = json.dumps({"place": asdict(place), "records": records}, separators=(",", ":")).encode()
        condition: Mapping[str, Any] = {"IfMatch": self._tag} if self._tag else {"IfNoneMatch": "*"}
        try:
            answer = self._client.put_object(Bucket=self._bucket, Key=self._key, Body=body, **condition)
        except (ClientError, BotoCoreError) as exc:
            if isinstance(exc, ClientError) and code_of(exc) in _OVERTAKEN:
                raise RetryableError(f"{place.key} is being read by another invocation") from exc
            raise translate(exc, doing="noting how far a file is") from exc
        self._tag = answer["ETag"]

    def _read(self) -> dict[str, Any] | None:
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=self._key)
            body = answer["Body"].read()
        except (ClientError, BotoCoreError) as exc:
            if isinstance(exc, ClientError) and code_of(exc) in _ABSENT:
                return None
            raise translate(exc, doing="reading how far a file is") from exc
        self._tag = answer["ETag"]
        found: dict[str, Any] = json.loads(body)
        return found
