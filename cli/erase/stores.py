"""A person outside the lake: items of window state, and the newest record of each feature group."""

import base64
from typing import Any

from botocore.exceptions import ClientError

from cli.backfill.snapshots import group_names
from cli.deployment import Deployment
from cli.erase.subject import Subject, entity_of
from headrace.schema import format_timestamp
from lambdas.shared.window_state import EntityKey

_FAR = 4_102_444_800  # 2100: a deletion has to be newer than the record that it deletes


def state_items(deployment: Deployment, subject: Subject) -> list[dict[str, Any]]:
    """Every item of window state under the person's key, as it is stored, the state as base64."""
    entity = entity_of(deployment.usecase, subject)
    if entity is None:
        return []
    pages = deployment.dynamodb.get_paginator("query").paginate(
        TableName=deployment.state_table,
        ConsistentRead=True,
        KeyConditionExpression="entity = :entity",
        ExpressionAttributeValues={":entity": {"S": EntityKey(entity, subject.id).id}},
    )
    return [
        {
            "entity": it["entity"]["S"],
            "source": it["source"]["S"],
            "events": int(it["folded"]["N"]),
            "state": base64.b64encode(bytes(it["state"]["B"])).decode(),
        }
        for page in pages
        for it in page["Items"]
    ]


def forget_state(deployment: Deployment, items: list[dict[str, Any]]) -> None:
    """Delete items."""
    for it in items:
        key: Any = {name: {"S": it[name]} for name in ("entity", "source")}
        deployment.dynamodb.delete_item(TableName=deployment.state_table, Key=key)


def records(deployment: Deployment, subject: Subject) -> list[dict[str, Any]]:
    """The person's online record of the Feature Store, by group."""
    found = []
    for group in _groups(deployment, subject):
        try:
            answer = deployment.feature_store.get_record(
                FeatureGroupName=group, RecordIdentifierValueAsString=subject.id
            )
        except ClientError as exc:
            if exc.response["Error"]["Code"] == "ResourceNotFound":
                continue  # of a group that is not deployed any more
            raise
        if values := answer.get("Record"):
            found.append({"group": group, **{it["FeatureName"]: it.get("ValueAsString") for it in values}})
    return found


def forget_records(deployment: Deployment, subject: Subject, found: list[dict[str, Any]]) -> None:
    """Delete online records for good. The offline store is part of the lake."""
    for it in found:
        deployment.feature_store.delete_record(
            FeatureGroupName=it["group"],
            RecordIdentifierValueAsString=subject.id,
            EventTime=format_timestamp(_FAR),
            DeletionMode="HardDelete",
        )


def _groups(deployment: Deployment, subject: Subject) -> list[str]:
    entity = entity_of(deployment.usecase, subject)
    if entity is None or deployment.usecase.entity(entity).snapshot is None:
        return []
    return [group_names(deployment)[entity]]
