"""A person in the table of readings: where a look-up's key is the field that names the person."""

from typing import Any

from cli.deployment import Deployment
from cli.erase.subject import Subject
from headrace.lookups import LookupKey, decode
from lambdas.shared.lookup_keys import PARTITION_KEY
from lambdas.shared.lookup_table import id_of


def items(deployment: Deployment, subject: Subject) -> list[dict[str, Any]]:
    """What is looked up of the person, as it is known."""
    found = []
    for it in deployment.usecase.lookups:
        if it.key != subject.field:
            continue
        id_ = id_of(LookupKey(it.name, subject.id))
        answer = deployment.dynamodb.get_item(
            TableName=deployment.output("lookups", "LookupTableName"),
            Key={PARTITION_KEY: {"S": id_}},
            ConsistentRead=True,
        )
        if item := answer.get("Item"):
            known = decode(bytes(item["readings"]["B"]))
            found.append({PARTITION_KEY: id_, **{name: list(series.values) for name, series in known.items()}})
    return found


def forget(deployment: Deployment, found: list[dict[str, Any]]) -> None:
    """Delete items."""
    for it in found:
        table = deployment.output("lookups", "LookupTableName")
        deployment.dynamodb.delete_item(TableName=table, Key={PARTITION_KEY: {"S": it[PARTITION_KEY]}})
