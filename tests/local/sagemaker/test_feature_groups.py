"""Feature groups are checked when they are made, and grow."""

from typing import Any

import pytest
from feature_records import GROUP, get, put
from memory_platform import ROLE, MemoryPlatform

from local.sagemaker.errors import ServiceError
from local.sagemaker.service import SageMaker


@pytest.fixture
def store(sagemaker: SageMaker) -> SageMaker:
    sagemaker.call("CreateFeatureGroup", GROUP)
    return sagemaker


def test_features_can_be_added_and_the_old_records_stay(store: SageMaker) -> None:
    put(store, "c1", "2023-11-14T10:00:00Z", count="1")
    addition = [{"FeatureName": "maximum", "FeatureType": "Fractional"}]
    store.call("UpdateFeatureGroup", {"FeatureGroupName": "customer", "FeatureAdditions": addition})
    assert get(store, "c1")["count"] == "1"
    put(store, "c1", "2023-11-14T11:00:00Z", maximum="9.5")
    assert get(store, "c1")["maximum"] == "9.5"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"EventTimeFeatureName": "when"}, "EventTimeFeatureName when is not in FeatureDefinitions"),
        ({"EventTimeFeatureName": "count"}, "Event time feature type must be one of"),
        ({"FeatureDefinitions": [*GROUP["FeatureDefinitions"], *GROUP["FeatureDefinitions"][:1]]}, "duplicate"),  # type: ignore[index, misc]  # a literal of mixed values
        ({"OnlineStoreConfig": {"EnableOnlineStore": False}, "OfflineStoreConfig": None}, "At least one of"),
    ],
)
def test_a_wrong_group_is_refused(sagemaker: SageMaker, change: dict[str, Any], message: str) -> None:
    request = {name: value for name, value in {**GROUP, **change}.items() if value is not None}
    with pytest.raises(ServiceError, match=message):
        sagemaker.call("CreateFeatureGroup", request)


def test_a_group_tells_when_it_is_there_and_its_name_is_taken_then(store: SageMaker, platform: MemoryPlatform) -> None:
    statuses = [detail["FeatureGroupStatus"] for detail in platform.details("SageMaker Feature Group State Change")]
    assert statuses == ["Creating", "Created"]
    with pytest.raises(ServiceError, match="already exists") as caught:
        store.call("CreateFeatureGroup", GROUP)
    assert caught.value.code == "ResourceInUse"
    store.call("DeleteFeatureGroup", {"FeatureGroupName": "customer"})
    with pytest.raises(ServiceError) as missing:
        store.call("DescribeFeatureGroup", {"FeatureGroupName": "customer"})
    assert missing.value.code == "ResourceNotFound"


def test_only_collections_take_lists(sagemaker: SageMaker) -> None:
    tags = {"FeatureName": "tags", "FeatureType": "String", "CollectionType": "List"}
    request = {**GROUP, "FeatureDefinitions": [*GROUP["FeatureDefinitions"], tags]}  # type: ignore[misc]  # a literal of mixed values
    sagemaker.call("CreateFeatureGroup", request)
    base = [
        {"FeatureName": "customer_id", "ValueAsString": "c1"},
        {"FeatureName": "at", "ValueAsString": "2023-11-14T10:00:00Z"},
    ]
    good = [*base, {"FeatureName": "tags", "ValueAsStringList": ["a", "b"]}]
    sagemaker.records.put({"FeatureGroupName": "customer", "Record": good})
    found = sagemaker.records.get({"FeatureGroupName": "customer", "RecordIdentifierValueAsString": "c1"})
    assert found["Record"] == good
    for wrong in (
        {"FeatureName": "tags", "ValueAsString": "a"},
        {"FeatureName": "mean", "ValueAsStringList": ["1"]},
        {"FeatureName": "customer_id", "ValueAsString": "c2"},
    ):
        with pytest.raises(ServiceError):
            sagemaker.records.put({"FeatureGroupName": "customer", "Record": [*base, wrong]})


def test_a_group_without_an_online_store_has_nothing_to_get(sagemaker: SageMaker) -> None:
    sagemaker.call("CreateFeatureGroup", {**GROUP, "OnlineStoreConfig": {"EnableOnlineStore": False}})
    put(sagemaker, "c1", "2023-11-14T10:00:00Z")
    with pytest.raises(ServiceError, match="has no online store"):
        get(sagemaker, "c1")
    assert sagemaker.activity()["offline_records"] == 1


def test_an_offline_store_that_may_not_be_written_says_so(sagemaker: SageMaker) -> None:
    sagemaker.call("CreateFeatureGroup", {**GROUP, "RoleArn": ROLE.replace("pipeline", "denied")})
    put(sagemaker, "c1", "2023-11-14T10:00:00Z")
    sagemaker.flush()
    status = sagemaker.call("DescribeFeatureGroup", {"FeatureGroupName": "customer"})["OfflineStoreStatus"]
    assert status["Status"] == "Blocked"
    assert "not authorized" in status["BlockedReason"]
