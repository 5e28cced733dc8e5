"""A feature group, and records put into and got from it."""

from typing import Any

from memory_platform import BUCKET, ROLE

from local.sagemaker.service import SageMaker

GROUP = {
    "FeatureGroupName": "customer",
    "RecordIdentifierFeatureName": "customer_id",
    "EventTimeFeatureName": "at",
    "FeatureDefinitions": [
        {"FeatureName": "customer_id", "FeatureType": "String"},
        {"FeatureName": "at", "FeatureType": "String"},
        {"FeatureName": "count", "FeatureType": "Integral"},
        {"FeatureName": "mean", "FeatureType": "Fractional"},
    ],
    "OnlineStoreConfig": {"EnableOnlineStore": True},
    "OfflineStoreConfig": {"S3StorageConfig": {"S3Uri": f"s3://{BUCKET}/features"}},
    "RoleArn": ROLE,
}


def put(store: SageMaker, identifier: str, at: str, **values: str) -> None:
    given = {"customer_id": identifier, "at": at, **values}
    record = [{"FeatureName": name, "ValueAsString": value} for name, value in given.items()]
    store.records.put({"FeatureGroupName": "customer", "Record": record})


def get(store: SageMaker, identifier: str, **more: Any) -> dict[str, str]:
    request = {"FeatureGroupName": "customer", "RecordIdentifierValueAsString": identifier, **more}
    record = store.records.get(request).get("Record", [])
    return {value["FeatureName"]: value["ValueAsString"] for value in record}
