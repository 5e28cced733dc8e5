"""Where the check after traffic looks: the queue, the lake and the endpoint's own count of requests."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.shared.clients import CloudWatchClient
from lambdas.shared.failures import translate

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

_HOUR_S = 3_600


class OwnQueue:
    """The queue that the function itself reads."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client, self._url = client, url

    def send(self, body: str, *, delay_s: int) -> None:
        """Send a message that comes later. Raises RetryableError or DependencyError."""
        try:
            self._client.send_message(QueueUrl=self._url, MessageBody=body, DelaySeconds=delay_s)
        except (ClientError, BotoCoreError) as exc:
            raise translate(exc, doing="sending a reminder") from exc


class LakeCaptures:
    """Capture files below a prefix; SageMaker puts them into folders by the hour."""

    def __init__(self, client: "S3Client", bucket: str, prefix: str) -> None:
        self._client, self._bucket, self._prefix = client, bucket, prefix

    def written_since(self, at: float) -> bool:
        """Whether there is a file younger than ``at``. Raises RetryableError or DependencyError."""
        moment = datetime.fromtimestamp(at, UTC)
        before = f"{self._prefix}{datetime.fromtimestamp(at - _HOUR_S, UTC):%Y/%m/%d/%H}/~"
        try:
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix, StartAfter=before
            )
            return any(it["LastModified"] >= moment for page in pages for it in page.get("Contents", []))
        except (ClientError, BotoCoreError) as exc:
            raise translate(exc, doing="looking for captured requests") from exc


class EndpointTraffic:
    """CloudWatch's count of the requests to one variant."""

    def __init__(self, client: CloudWatchClient, endpoint_name: str, variant: str) -> None:
        self._client = client
        names = {"EndpointName": endpoint_name, "VariantName": variant}
        self._dimensions = [{"Name": name, "Value": value} for name, value in names.items()]

    def requests(self, since: float, until: float) -> float:
        """How many there were. Raises RetryableError or DependencyError."""
        try:
            found = self._client.get_metric_statistics(
                Namespace="AWS/SageMaker",
                MetricName="Invocations",
                Dimensions=self._dimensions,
                StartTime=datetime.fromtimestamp(since, UTC),
                EndTime=datetime.fromtimestamp(max(since + 1, until), UTC),
                Period=_HOUR_S,
                Statistics=["Sum"],
            )
        except (ClientError, BotoCoreError) as exc:
            raise translate(exc, doing="counting requests") from exc
        return float(sum(it["Sum"] for it in found["Datapoints"]))
