"""Feature Store keeps the newest record online and every record offline."""

import io
from typing import Any

import pyarrow.parquet as pq
import pytest
from feature_records import GROUP, get, put
from memory_platform import BUCKET, MemoryPlatform

from local.sagemaker.errors import ServiceError
from local.sagemaker.service import SageMaker


@pytest.fixture
def store(sagemaker: SageMaker) -> SageMaker:
    sagemaker.call("CreateFeatureGroup", GROUP)
    return sagemaker


def offline(platform: MemoryPlatform) -> dict[str, list[dict[str, Any]]]:
    prefix = f"s3://{BUCKET}/features/"
    return {
        uri.removeprefix(prefix): pq.read_table(io.BytesIO(body)).to_pylist()
        for uri, body in sorted(platform.s3.stored.items())
        if uri.startswith(prefix)
    }


def test_only_a_newer_event_replaces_the_online_record(store: SageMaker, platform: MemoryPlatform) -> None:
    put(store, "c1", "2023-11-14T10:00:00Z", count="1")
    put(store, "c1", "2023-11-14T10:00:00Z", count="2")
    put(store, "c1", "2023-11-14T09:00:00Z", count="3")
    assert get(store, "c1")["count"] == "1"
    put(store, "c1", "2023-11-14T10:00:00.001Z", count="4", mean="0.5")
    assert get(store, "c1") == {"customer_id": "c1", "at": "2023-11-14T10:00:00.001Z", "count": "4", "mean": "0.5"}
    assert get(store, "c1", FeatureNames=["count"]) == {"count": "4"}
    store.flush()
    assert sorted(row["count"] for rows in offline(platform).values() for row in rows) == [1, 2, 3, 4]


def test_offline_files_lie_and_look_as_aws_writes_them(store: SageMaker, platform: MemoryPlatform) -> None:
    put(store, "c1", "2023-11-14T10:30:00Z", count="1")
    platform.time += 10
    put(store, "c2", "2023-11-14T11:00:00Z", mean="2.5")
    assert store.activity()["offline_records"] == 2
    store.flush()
    files = offline(platform)
    root = "000000000000/sagemaker/eu-west-1/offline-store/customer-1700000000/data"
    folders = [path.rpartition("/")[0] for path in files]
    assert folders == [f"{root}/year=2023/month=11/day=14/hour={hour}" for hour in (10, 11)]
    first, second = (rows[0] for rows in files.values())
    assert list(first) == ["customer_id", "at", "count", "mean", "write_time", "api_invocation_time", "is_deleted"]
    assert (first["count"], first["mean"], first["is_deleted"]) == (1, None, False)
    assert (second["count"], second["mean"]) == (None, 2.5)
    assert second["api_invocation_time"].timestamp() == 1_700_000_010
    config = store.call("DescribeFeatureGroup", {"FeatureGroupName": "customer"})["OfflineStoreConfig"]
    assert config["S3StorageConfig"]["ResolvedOutputS3Uri"] == f"s3://{BUCKET}/features/{root}"


def test_offline_rows_wait_for_their_time(store: SageMaker, platform: MemoryPlatform) -> None:
    put(store, "c1", "2023-11-14T10:30:00Z")
    store.offline_store.flush_due()
    assert not offline(platform)
    platform.time += 900
    store.offline_store.flush_due()
    assert offline(platform)


def test_a_deleted_record_is_gone_until_a_newer_one_comes(store: SageMaker, platform: MemoryPlatform) -> None:
    put(store, "c1", "2023-11-14T10:00:00Z", count="1")
    delete = {
        "FeatureGroupName": "customer",
        "RecordIdentifierValueAsString": "c1",
        "EventTime": "2023-11-14T11:00:00Z",
    }
    store.records.delete(delete)
    assert get(store, "c1") == {}
    put(store, "c1", "2023-11-14T10:30:00Z", count="2")
    assert get(store, "c1") == {}
    put(store, "c1", "2023-11-14T12:00:00Z", count="3")
    assert get(store, "c1")["count"] == "3"
    store.flush()
    deleted = [row for rows in offline(platform).values() for row in rows if row["is_deleted"]]
    assert [(row["customer_id"], row["count"]) for row in deleted] == [("c1", None)]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"amount": "1"}, "amount is not a feature"),
        ({"count": "1.5"}, "'1.5' of feature count is not of type Integral"),
        ({"mean": "many"}, "'many' of feature mean is not of type Fractional"),
        ({"at": "yesterday"}, "EventTime value 'yesterday' is not a valid timestamp"),
        ({"at": "2023-11-14"}, "is not a valid timestamp"),
        ({"customer_id": ""}, "must contain a value for RecordIdentifierFeatureName"),
    ],
)
def test_a_wrong_record_is_refused_and_stored_nowhere(store: SageMaker, values: dict[str, str], message: str) -> None:
    given = {"customer_id": "c1", "at": "2023-11-14T10:00:00Z", **values}
    record = [{"FeatureName": name, "ValueAsString": value} for name, value in given.items()]
    with pytest.raises(ServiceError, match=message) as caught:
        store.records.put({"FeatureGroupName": "customer", "Record": record})
    assert caught.value.code == "ValidationError"
    assert get(store, "c1") == {}
    assert store.activity()["offline_records"] == 0


def test_batch_get_tells_records_from_errors(store: SageMaker) -> None:
    put(store, "c1", "2023-11-14T10:00:00Z", count="1")
    identifiers = [
        {"FeatureGroupName": "customer", "RecordIdentifiersValueAsString": ["c1", "c2"], "FeatureNames": ["count"]},
        {"FeatureGroupName": "missing", "RecordIdentifiersValueAsString": ["x"]},
    ]
    answer = store.records.batch_get({"Identifiers": identifiers})
    record = [{"FeatureName": "count", "ValueAsString": "1"}]
    assert answer["Records"] == [
        {"FeatureGroupName": "customer", "RecordIdentifierValueAsString": "c1", "Record": record}
    ]
    assert [(error["FeatureGroupName"], error["ErrorCode"]) for error in answer["Errors"]] == [
        ("missing", "ResourceNotFound")
    ]
    too_many = [{"FeatureGroupName": "customer", "RecordIdentifiersValueAsString": [str(i) for i in range(101)]}]
    with pytest.raises(ServiceError, match="at most 100"):
        store.records.batch_get({"Identifiers": too_many})


def test_a_record_expires_with_the_clock(store: SageMaker, platform: MemoryPlatform) -> None:
    ttl = {"Unit": "Minutes", "Value": 10}
    store.call("UpdateFeatureGroup", {"FeatureGroupName": "customer", "OnlineStoreConfig": {"TtlDuration": ttl}})
    put(store, "c1", "2023-11-14T22:13:20Z", count="1")
    assert get(store, "c1")["count"] == "1"
    platform.time += 600
    assert get(store, "c1") == {}
