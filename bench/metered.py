"""Stores in memory that count what AWS would bill for the very requests that our adapters send.

DynamoDB: a strongly consistent read costs one unit per 4 KB begun, also if there is no item; a write one unit per KB
begun (AWS, "DynamoDB read and write operations"). Binary values count raw, numbers about half a byte per digit.
Feature Store: a write of the online store costs one unit per KB begun (AWS, "Amazon SageMaker AI pricing").
"""

import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

READ_BYTES = 4_096
WRITE_BYTES = 1_024
Item = dict[str, dict[str, Any]]


@dataclass
class MeteredTable:
    """A DynamoDB client over one table in memory that adds up units."""

    items: dict[str, dict[str, Item]] = field(default_factory=lambda: defaultdict(dict))
    read_units: int = 0
    write_units: int = 0

    def batch_get_item(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:
        """Read items by key."""
        ((name, wanted),) = RequestItems.items()
        found = [self.items[key["entity"]["S"]].get(key["source"]["S"], {}) for key in wanted["Keys"]]
        self.read_units += sum(units(item, READ_BYTES) for item in found)
        return {"Responses": {name: [item for item in found if item]}}

    def batch_execute_statement(self, *, Statements: list[dict[str, Any]]) -> dict[str, Any]:
        """Insert or update items."""
        for statement in Statements:
            state, mark, folded, expires_at, entity, source, *_ = statement["Parameters"]
            self.put_item(
                TableName="",
                Item={
                    "entity": entity,
                    "source": source,
                    "state": state,
                    "mark": mark,
                    "folded": folded,
                    "expires_at": expires_at,
                },
            )
        return {"Responses": [{} for _ in Statements]}

    def put_item(self, *, TableName: str, Item: Item) -> None:
        """Write one item."""
        held = self.items[Item["entity"]["S"]].get(Item["source"]["S"], {})
        self.write_units += max(units(held, WRITE_BYTES), units(Item, WRITE_BYTES))
        self.items[Item["entity"]["S"]][Item["source"]["S"]] = Item

    def get_paginator(self, operation: str) -> "MeteredTable":
        """The paginator of ``query``."""
        return self

    def paginate(self, *, ExpressionAttributeValues: dict[str, Any], **_: object) -> list[dict[str, Any]]:
        """One page: everything under a partition key."""
        found = list(self.items[ExpressionAttributeValues[":entity"]["S"]].values())
        self.read_units += max(1, math.ceil(sum(size(item) for item in found) / READ_BYTES))
        return [{"Items": found}]


def size(item: Item) -> int:
    """An item's bytes as DynamoDB counts them."""
    total = 0
    for name, ((kind, value),) in ((name, tuple(typed.items())) for name, typed in item.items()):
        total += len(name) + (math.ceil(len(value) / 2) + 1 if kind == "N" else len(value))
    return total


def units(item: Item, unit_bytes: int) -> int:
    """Units of one request for this item; nothing costs one."""
    return max(1, math.ceil(size(item) / unit_bytes))


@dataclass
class MeteredGroups:
    """A Feature Store client that adds up write units, names and values counted as text."""

    records: int = 0
    write_units: int = 0

    def put_record(self, *, FeatureGroupName: str, Record: list[dict[str, str]]) -> None:
        """Take a record."""
        self.records += 1
        text = sum(len(it["FeatureName"]) + len(it["ValueAsString"]) for it in Record)
        self.write_units += max(1, math.ceil(text / WRITE_BYTES))
