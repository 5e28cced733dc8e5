"""The lake's bucket, for the few objects that do not come through Firehose."""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.shared.failures import code_of, translate

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectTypeDef


_GONE = frozenset({"NoSuchKey", "404"})


class LakeBucket:
    """Objects of the lake; encryption is the bucket's default."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def keys(self, prefix: str) -> list[str]:
        """The keys of all objects under a prefix.

        Raises:
            RetryableError: if S3 throttles or cannot be reached.
            DependencyError: if it refuses.
        """
        return [it["Key"] for it in self._listed(prefix)]

    def sizes(self, prefix: str) -> dict[str, int]:
        """How many bytes each object under a prefix has, by key. Raises as ``keys`` does."""
        return {it["Key"]: it["Size"] for it in self._listed(prefix)}

    def read(self, key: str) -> bytes | None:
        """An object's bytes; None if there is none.

        Raises:
            RetryableError: if S3 throttles or cannot be reached.
            DependencyError: if it refuses.
        """
        try:
            return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except (ClientError, BotoCoreError) as exc:
            if isinstance(exc, ClientError) and code_of(exc) in _GONE:
                return None
            raise translate(exc, doing=f"reading {key.partition('/')[0]}") from exc

    def put(self, key: str, body: bytes) -> None:
        """Write one object of JSON lines, or one document, replacing any of that key.

        Raises:
            RetryableError: if S3 throttles or cannot be reached.
            DependencyError: if it refuses.
        """
        try:
            self._client.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType="application/x-ndjson")
        except (ClientError, BotoCoreError) as exc:
            raise translate(exc, doing=f"writing {key.partition('/')[0]}") from exc

    def _listed(self, prefix: str) -> list["ObjectTypeDef"]:
        try:
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
            return [it for page in pages for it in page.get("Contents", [])]
        except (ClientError, BotoCoreError) as exc:
            raise translate(exc, doing=f"listing {prefix}") from exc
