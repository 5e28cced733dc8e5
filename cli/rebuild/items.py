"""What the state table holds: every item with how far it is folded, how far back it looks, and whether it is whole."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from headrace.errors import StateError
from headrace.features import FeatureSet
from headrace.rebuilding import reaches_back_to
from headrace.usecase import Source
from lambdas.shared.layouts import Layouts
from lambdas.shared.stream import NO_MARK, position_of
from lambdas.shared.window_state import EntityKey, StoredState, kind_of, unpack

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

SEPARATOR = "#"
Place = tuple[str, Source]
"""An entity's name, and events or labels."""


@dataclass
class Inventory:
    """The items of a use case.

    Attributes:
        keys: per entity and source the keys that have an item, by sort key.
        reaches_back_to: per entity and source the time after which records are needed to make its items again.
        newest: the time of the newest event or label of all.
        marks: per sort key the mark of the last record that any item holds. Everything before it has been handled: its
            vectors are logged, or it is in quarantine or dead-lettered.
        partial: how many items lack what new windows reach.
        damaged: how many cannot be read.
    """

    keys: dict[Place, dict[str, list[str]]] = field(default_factory=dict)
    reaches_back_to: dict[Place, int] = field(default_factory=dict)
    newest: int = 0
    marks: dict[str, str] = field(default_factory=dict)
    partial: int = 0
    damaged: int = 0

    def needed_from(self, place: Place, retention_s: int) -> int:
        """The time after which records are needed for an entity and source that looks back ``retention_s``."""
        return min(self.newest - retention_s, self.reaches_back_to.get(place, self.newest))


def take_inventory(client: "DynamoDBClient", table: str, features: FeatureSet, layouts: Layouts) -> Inventory:
    """Look at every item once.

    Items of entities and sources that no window looks at any more are left out; they expire.
    """
    inventory = Inventory()
    kept = {(entity, source) for source in ("events", "labels") for entity in features.entities(source)}
    primary = features.usecase.primary.name if features.usecase.event.drop_duplicates else None
    for entity_id, stored in _items(client, table, layouts):
        entity, _, key = entity_id.partition(SEPARATOR)
        place = (entity, kind_of(stored.source))
        if place not in kept:
            continue
        inventory.keys.setdefault(place, {}).setdefault(stored.source, []).append(key)
        if primary in (None, entity) or place[1] == "labels":  # of duplicates the primary's items decide, written last
            mark = position_of(stored.mark)
            inventory.marks[stored.source] = max(mark, inventory.marks.get(stored.source, NO_MARK))
        _look(inventory, EntityKey(entity, key), place, stored, features)
    return inventory


def _look(inventory: Inventory, key: EntityKey, place: Place, stored: StoredState, features: FeatureSet) -> None:
    try:
        state = unpack(stored, features.layout(*place))
    except StateError:
        inventory.damaged += 1
        return
    inventory.partial += state.partial
    inventory.newest = max(inventory.newest, state.newest or 0)
    if state.newest is not None:
        oldest = reaches_back_to(state)
        inventory.reaches_back_to[place] = min(oldest, inventory.reaches_back_to.get(place, oldest))


def _items(client: "DynamoDBClient", table: str, layouts: Layouts) -> Iterator[tuple[str, StoredState]]:
    pages = client.get_paginator("scan").paginate(
        TableName=table,
        ProjectionExpression="entity, #source, #state, mark, folded",
        ExpressionAttributeNames={"#source": "source", "#state": "state"},
    )
    for page in pages:
        for item in page["Items"]:
            entity_id = item["entity"]["S"]
            if not entity_id.startswith(SEPARATOR):
                yield entity_id, _stored(item, layouts)


def _stored(item: "dict[str, AttributeValueTypeDef]", layouts: Layouts) -> StoredState:
    data = bytes(item["state"]["B"])
    layout = layouts.foreign(data)
    return StoredState(item["source"]["S"], data, item["mark"]["S"], int(item["folded"]["N"]), layout)
