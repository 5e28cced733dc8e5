"""The lake's bucket, for the few objects that do not come through Firehose."""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.shared.failures import translate

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class LakeBucket:
    """Puts objects; encryption is the bucket's default."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, key: str, body: bytes) -> None:
        """Write one JSON-lines object, replacing any of that key.

        Raises:
            RetryableError: if S3 throttles or cannot be reached.
            DependencyError: if it refuses.
        """
        try:
            self._client.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType="application/x-ndjson")
        except (ClientError, BotoCoreError) as exc:
            raise translate(exc, doing=f"writing {key.partition('/')[0]}") from exc
