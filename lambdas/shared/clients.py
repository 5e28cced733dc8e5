"""AWS clients: made when first used, one per service and profile for the life of the process.

A profile says how long a caller can wait. Keep-alive stays on everywhere: an idle connection that was dropped costs
more than 200 ms to open again.
"""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, cast, overload

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_firehose import FirehoseClient
    from mypy_boto3_kinesis import KinesisClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker_featurestore_runtime import SageMakerFeatureStoreRuntimeClient
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

Service = Literal[
    "cloudformation",
    "cloudwatch",
    "dynamodb",
    "events",
    "firehose",
    "kinesis",
    "s3",
    "sagemaker",
    "sagemaker-featurestore-runtime",
    "sagemaker-runtime",
    "secretsmanager",
    "sns",
    "sqs",
]


class SecretsClient(Protocol):
    """The part of the Secrets Manager client that is used; boto3-stubs for it are not installed."""

    def get_secret_value(self, *, SecretId: str) -> Mapping[str, Any]:  # the SDK spells it so
        """One secret."""


class CloudWatchClient(Protocol):
    """The part of the CloudWatch client that is used; boto3-stubs for it are not installed."""

    def get_metric_statistics(self, **request: Any) -> Mapping[str, Any]:
        """Statistics of one metric."""


class Profile(NamedTuple):
    """How long one call may take and how often the SDK tries it. ``validate`` checks parameters before sending them."""

    connect_timeout_s: float = 2.0
    read_timeout_s: float = 10.0
    attempts: int = 4
    connections: int = 10
    validate: bool = True


BACKGROUND = Profile()
"""Nobody waits: a stream batch or a queue message, which is tried again anyway."""
BULK = Profile(connections=16, validate=False)
"""Many large requests of a fixed shape: checking each parameter again costs a tenth of the call's CPU."""
PACED = Profile(connections=16, attempts=1, validate=False)
"""Many small requests whose caller paces its own retries; the SDK's on top would multiply both pauses and load."""


def single_attempt(timeout_s: float) -> Profile:
    """A profile for calls that take at most ``timeout_s``, and whose retries the caller counts against its deadline."""
    connect_s = min(timeout_s / 2, 1.0)
    return Profile(connect_timeout_s=connect_s, read_timeout_s=timeout_s - connect_s, attempts=1)


@overload
def client(service: Literal["cloudformation"], profile: Profile = ...) -> "CloudFormationClient": ...
@overload
def client(service: Literal["cloudwatch"], profile: Profile = ...) -> CloudWatchClient: ...
@overload
def client(service: Literal["dynamodb"], profile: Profile = ...) -> "DynamoDBClient": ...
@overload
def client(service: Literal["events"], profile: Profile = ...) -> "EventBridgeClient": ...
@overload
def client(service: Literal["firehose"], profile: Profile = ...) -> "FirehoseClient": ...
@overload
def client(service: Literal["kinesis"], profile: Profile = ...) -> "KinesisClient": ...
@overload
def client(service: Literal["s3"], profile: Profile = ...) -> "S3Client": ...
@overload
def client(service: Literal["sagemaker"], profile: Profile = ...) -> "SageMakerClient": ...
@overload
def client(
    service: Literal["sagemaker-featurestore-runtime"], profile: Profile = ...
) -> "SageMakerFeatureStoreRuntimeClient": ...
@overload
def client(service: Literal["sagemaker-runtime"], profile: Profile = ...) -> "SageMakerRuntimeClient": ...
@overload
def client(service: Literal["sns"], profile: Profile = ...) -> "SNSClient": ...
@overload
def client(service: Literal["sqs"], profile: Profile = ...) -> "SQSClient": ...
@overload
def client(service: Literal["secretsmanager"], profile: Profile = ...) -> SecretsClient: ...
def client(service: Service, profile: Profile = BACKGROUND) -> object:
    """The process's client of a service. Region, credentials and endpoint come from the environment, as in Lambda."""
    return _client(service, profile)


@cache
def _client(service: Service, profile: Profile) -> object:
    config = Config(
        connect_timeout=profile.connect_timeout_s,
        read_timeout=profile.read_timeout_s,
        retries={"mode": "standard", "total_max_attempts": profile.attempts},
        max_pool_connections=profile.connections,
        parameter_validation=profile.validate,
        tcp_keepalive=True,
    )
    return cast(object, boto3.client(service, config=config))
