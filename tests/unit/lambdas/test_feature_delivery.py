"""Rows into Firehose: chunked by count and size, turned-away records tried again, and nothing lost in silence."""

import json
from collections.abc import Iterator

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from lambdas.enrichment.adapters import FirehoseLog
from lambdas.shared.clients import client
from lambdas.shared.failures import DependencyError


@pytest.fixture
def stub() -> Iterator[Stubber]:
    with Stubber(client("firehose")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def expect(stub: Stubber, rows: list[bytes], codes: list[str | None]) -> None:
    responses = [{"ErrorCode": code, "ErrorMessage": "slow"} if code else {"RecordId": "r"} for code in codes]
    stub.add_response(
        "put_record_batch",
        {"FailedPutCount": sum(code is not None for code in codes), "RequestResponses": responses},
        {"DeliveryStreamName": "features", "Records": [{"Data": row} for row in rows]},
    )


def log(stub: Stubber, pauses: list[float]) -> FirehoseLog:
    return FirehoseLog(stub.client, "features", sleep=pauses.append)


def test_only_the_records_that_were_turned_away_are_sent_again(stub: Stubber) -> None:
    pauses: list[float] = []
    expect(stub, [b"a", b"b", b"c"], [None, "ServiceUnavailableException", "InternalFailure"])
    expect(stub, [b"b", b"c"], [None, "ServiceUnavailableException"])
    expect(stub, [b"c"], [None])
    assert log(stub, pauses).append([b"a", b"b", b"c"]) == set()
    assert len(pauses) == 2
    assert pauses[0] < pauses[1] * 2


def test_records_turned_away_to_the_end_are_reported_by_position(stub: Stubber) -> None:
    expect(stub, [b"a", b"b"], [None, "ServiceUnavailableException"])
    for _ in range(4):
        expect(stub, [b"b"], ["ServiceUnavailableException"])
    assert log(stub, []).append([b"a", b"b"]) == {1}


def test_a_call_that_is_throttled_reports_all_of_its_rows(stub: Stubber) -> None:
    for _ in range(5):
        stub.add_client_error("put_record_batch", "ServiceUnavailableException", http_status_code=503)
    assert log(stub, []).append([b"a", b"b"]) == {0, 1}


def test_a_call_that_is_refused_for_good_is_raised(stub: Stubber) -> None:
    stub.add_client_error("put_record_batch", "ResourceNotFoundException", http_status_code=400)
    with pytest.raises(DependencyError, match="logging vectors"):
        log(stub, []).append([b"a"])


def test_at_most_five_hundred_records_and_four_megabytes_go_in_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []

    class Firehose:
        """Counts."""

        def put_record_batch(self, *, DeliveryStreamName: str, Records: list[dict[str, bytes]]) -> dict[str, object]:
            sizes.append((len(Records), sum(len(it["Data"]) for it in Records)))
            return {"FailedPutCount": 0, "RequestResponses": []}

    sender = FirehoseLog(Firehose(), "features")  # type: ignore[arg-type]  # all that is used of the client
    sender.append([b"x"] * 1_001)
    assert [count for count, _ in sizes] == [500, 500, 1]
    sizes.clear()
    sender.append([bytes(1_000_000)] * 9)
    assert [count for count, _ in sizes] == [4, 4, 1]
    assert sender.append([]) == set()


@mock_aws
def test_rows_arrive_in_firehose_as_they_were_given() -> None:
    s3, firehose = boto3.client("s3"), boto3.client("firehose")
    s3.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    firehose.create_delivery_stream(
        DeliveryStreamName="features",
        S3DestinationConfiguration={"RoleARN": "arn:aws:iam::123456789012:role/r", "BucketARN": "arn:aws:s3:::lake"},
    )
    rows = [json.dumps({"event_id": str(number)}).encode() + b"\n" for number in range(3)]
    assert FirehoseLog(client("firehose"), "features").append(rows) == set()
    keys = [it["Key"] for it in s3.list_objects_v2(Bucket="lake")["Contents"]]
    assert b"".join(s3.get_object(Bucket="lake", Key=key)["Body"].read() for key in keys) == b"".join(rows)
