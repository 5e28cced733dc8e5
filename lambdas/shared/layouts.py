"""The layouts in which window state is stored: what lets code of one version read what another wrote.

While functions are deployed, two versions of them fold the same shards for minutes, and each meets states of the
other's layout. So a layout is described in the table, under ``#layouts`` and its fingerprint, before the first state is
written in it; whoever meets an unknown fingerprint looks there.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from headrace.errors import StateError
from headrace.features import FeatureSet
from headrace.windows import Layout, fingerprint_of, layout_of
from lambdas.shared.failures import translate
from lambdas.shared.stream import NO_MARK

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import UniversalAttributeValueTypeDef

REGISTER = "#layouts"
"""Partition key under which the table describes layouts; the sort key is the fingerprint in hexadecimal."""


def layouts_of(features: FeatureSet) -> list[Layout]:
    """Every layout in which a use case's states are stored."""
    return [features.layout(entity, source) for source in ("events", "labels") for entity in features.entities(source)]


def description_item(layout: Layout, expires_at: int) -> "dict[str, UniversalAttributeValueTypeDef]":
    """The item that describes a layout until ``expires_at``, in epoch seconds."""
    return {
        "entity": {"S": REGISTER},
        "source": {"S": layout.fingerprint.hex()},
        "layout": {"S": layout.description},
        "mark": {"S": NO_MARK},
        "folded": {"N": "0"},
        "expires_at": {"N": str(expires_at)},
    }


class Layouts:
    """The register of layouts, as one process knows it."""

    def __init__(self, client: "DynamoDBClient", table: str, *, own: Iterable[Layout]) -> None:
        """Args: ``own`` are the layouts that this code writes and therefore knows."""
        self._client = client
        self._table = table
        self._own = {layout.fingerprint: layout for layout in own}
        self._foreign: dict[bytes, Layout] = {}

    def foreign(self, data: bytes) -> Layout | None:
        """The layout of a packed state that is not in one of this code's own layouts.

        Returns:
            None if it is in one of its own, or nothing describes its layout.

        Raises:
            RetryableError: if the table is throttled or cannot be reached.
            DependencyError: if it refuses.
        """
        fingerprint = fingerprint_of(data)
        if fingerprint in self._own:
            return None
        if fingerprint not in self._foreign:
            self._look()
        return self._foreign.get(fingerprint)

    def register(self, expires_at: int) -> None:
        """Describe this code's layouts for readers until ``expires_at``, epoch seconds. Raises as ``foreign`` does."""
        for layout in self._own.values():
            try:
                self._client.put_item(TableName=self._table, Item=description_item(layout, expires_at))
            except (ClientError, BotoCoreError) as exc:
                raise translate(exc, doing="registering a layout of window state") from exc

    def _look(self) -> None:
        try:
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                ConsistentRead=True,
                KeyConditionExpression="entity = :entity",
                ExpressionAttributeValues={":entity": {"S": REGISTER}},
                ExpressionAttributeNames={"#layout": "layout"},
                ProjectionExpression="#layout",
            )
            described = [item["layout"]["S"] for page in pages for item in page["Items"]]
        except (ClientError, BotoCoreError) as exc:
            raise translate(exc, doing="reading layouts of window state") from exc
        for description in described:
            try:
                layout = layout_of(description)
            except StateError:  # of a version that this code cannot follow: its states stay unreadable
                continue
            self._foreign[layout.fingerprint] = layout
