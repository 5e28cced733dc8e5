"""A lake in S3: the bucket of a deployed platform, as the training set reads and writes it."""

import io
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, BinaryIO

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from pipelines.training_set.errors import LakeError
from pipelines.training_set.objects import StoredObject

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Bucket:
    """One bucket. A put replaces an object whole, so nothing half-written is ever seen.

    Without a client of its own it takes that of the process's credentials; a pickled bucket always does.
    """

    def __init__(self, name: str, client: "S3Client | None" = None) -> None:
        self.name = name
        self._given = client

    @cached_property
    def _client(self) -> "S3Client":
        return self._given or boto3.client("s3")

    def __getstate__(self) -> dict[str, Any]:
        return {"name": self.name, "_given": None}  # a client belongs to its process

    def objects(self, prefix: str) -> Iterator[StoredObject]:
        """See ``ObjectStore``. Raises LakeError if S3 refuses."""
        try:
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix):
                for it in page.get("Contents", []):
                    yield StoredObject(it["Key"], it["Size"], it["ETag"].strip('"'))
        except (ClientError, BotoCoreError) as exc:
            raise LakeError(f"cannot list s3://{self.name}/{prefix}: {exc}") from exc

    def open(self, key: str) -> BinaryIO:
        """See ``ObjectStore``. The lake's objects are at most a delivery buffer large, so they are read whole."""
        try:
            return io.BytesIO(self._client.get_object(Bucket=self.name, Key=key)["Body"].read())
        except (ClientError, BotoCoreError) as exc:
            raise LakeError(f"cannot read s3://{self.name}/{key}: {exc}") from exc

    def write(self, key: str, body: bytes) -> StoredObject:
        """See ``ObjectStore``. Raises LakeError if S3 refuses."""
        try:
            answer = self._client.put_object(Bucket=self.name, Key=key, Body=body)
        except (ClientError, BotoCoreError) as exc:
            raise LakeError(f"cannot write s3://{self.name}/{key}: {exc}") from exc
        return StoredObject(key, len(body), answer["ETag"].strip('"'))

    def delete(self, key: str) -> None:
        """See ``ObjectStore``. Raises LakeError if S3 refuses."""
        try:
            self._client.delete_object(Bucket=self.name, Key=key)
        except (ClientError, BotoCoreError) as exc:
            raise LakeError(f"cannot remove s3://{self.name}/{key}: {exc}") from exc
