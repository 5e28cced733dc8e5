"""Clients and objects in the lake: made once, bounded, and refusals for good told from passing ones."""

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.stub import Stubber
from moto import mock_aws

from headrace.errors import RetryableError
from lambdas.shared.clients import BACKGROUND, BULK, client, single_attempt
from lambdas.shared.failures import DependencyError, translate
from lambdas.shared.lake_bucket import LakeBucket
from lambdas.shared.mask_key import mask_key


def client_error(code: str, status: int) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "m"}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Op")


def test_a_process_makes_each_client_once_per_profile() -> None:
    assert client("s3") is client("s3", BACKGROUND)
    assert client("dynamodb", BULK) is not client("dynamodb")


def test_a_client_keeps_its_connections_alive_and_bounds_every_wait() -> None:
    config = client("sagemaker-runtime", single_attempt(0.8)).meta.config
    assert config.tcp_keepalive
    assert config.connect_timeout + config.read_timeout == pytest.approx(0.8)
    assert config.retries["total_max_attempts"] == 1


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (client_error("ThrottlingException", 400), RetryableError),
        (client_error("ProvisionedThroughputExceededException", 400), RetryableError),
        (client_error("SlowDown", 503), RetryableError),
        (client_error("InternalError", 500), RetryableError),
        (ReadTimeoutError(endpoint_url="https://x"), RetryableError),
        (client_error("AccessDenied", 403), DependencyError),
        (client_error("NoSuchBucket", 404), DependencyError),
    ],
)
def test_an_sdk_error_says_whether_trying_again_may_help(error: Exception, kind: type[Exception]) -> None:
    translated = translate(error, doing="writing labels")  # type: ignore[arg-type]  # both kinds of SDK errors
    assert type(translated) is kind
    assert str(translated).startswith("writing labels: ")


@mock_aws
def test_an_object_is_written_whole_and_replaced_by_the_next_of_its_key() -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    bucket = LakeBucket(client("s3"), "lake")
    bucket.put("labels/x.jsonl", b"old")
    bucket.put("labels/x.jsonl", b"new")
    assert s3.get_object(Bucket="lake", Key="labels/x.jsonl")["Body"].read() == b"new"


@mock_aws
def test_a_bucket_that_is_not_there_is_a_refusal_for_good() -> None:
    with pytest.raises(DependencyError, match="NoSuchBucket"):
        LakeBucket(client("s3"), "lake").put("labels/x.jsonl", b"new")


@pytest.mark.parametrize(
    ("secret", "expected"),
    [({"SecretString": "schlüssel"}, "schlüssel".encode()), ({"SecretBinary": b"\x00\x01"}, b"\x00\x01")],
)
def test_the_mask_key_is_the_secrets_value(secret: dict[str, object], expected: bytes) -> None:
    with Stubber(client("secretsmanager")) as stub:  # type: ignore[type-var]  # a real client behind a protocol
        stub.add_response("get_secret_value", secret, {"SecretId": "arn:secret"})
        assert mask_key(client("secretsmanager"), "arn:secret") == expected


def test_a_mask_key_that_may_not_be_read_is_a_refusal_for_good() -> None:
    with Stubber(client("secretsmanager")) as stub:  # type: ignore[type-var]  # a real client behind a protocol
        stub.add_client_error("get_secret_value", "AccessDeniedException", http_status_code=400)
        with pytest.raises(DependencyError, match="reading the mask key"):
            mask_key(client("secretsmanager"), "arn:secret")
