"""Drift response's hands: decisions and memory in DynamoDB, documents in S3, the bus, the topic; and their wiring."""

import os
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from headrace.reaction import Memory
from lambdas.drift_response.ports import DriftResponse, LostRaceError
from lambdas.drift_response.record import Record
from lambdas.drift_response.settings import CURRENT, DECISION, ITEM, MEMORY, SUBJECT, Settings
from lambdas.shared.bus import EventBus
from lambdas.shared.clients import client
from lambdas.shared.failures import code_of, translate
from lambdas.shared.lake_bucket import LakeBucket
from lambdas.shared.loading import features

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient

_GONE = frozenset({"NoSuchKey", "404"})
_RACED = frozenset({"TransactionCanceledException", "ConditionalCheckFailedException"})


def item_key(subject: str, item: str) -> dict[str, Any]:
    """The key of one item of the reaction's table."""
    return {SUBJECT: {"S": subject}, ITEM: {"S": item}}


class ReactionTable:
    """Decisions and memory; see ``ports.Ledger``. Reads are consistent: a copy may follow within milliseconds."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def find(self, id_: str) -> tuple[Record, bool] | None:
        """See ``ports.Ledger``."""
        item = self._get(item_key(DECISION, id_))
        return (Record.from_json(item["record"]["S"]), not item["open"]["BOOL"]) if item else None

    def memory(self) -> tuple[Memory, int]:
        """See ``ports.Ledger``."""
        item = self._get(item_key(MEMORY, CURRENT))
        return (Memory.from_json(item["memory"]["S"]), int(item["version"]["N"])) if item else (Memory(), 0)

    def commit(self, record: Record, memory: Memory, version: int) -> None:
        """See ``ports.Ledger``."""
        decided = {
            **item_key(DECISION, record.id),
            "record": {"S": record.to_json()},
            "open": {"BOOL": True},
            "action": {"S": record.action},
            "at": {"S": record.at},
        }
        fresh = {"ConditionExpression": f"attribute_not_exists({ITEM})"}
        writes: list[Any] = [
            {"Put": {"TableName": self._table, "Item": decided, **fresh}},
            {"Put": self._memory_put(memory, version)},
        ]
        try:
            self._client.transact_write_items(TransactItems=writes)
        except (ClientError, BotoCoreError) as exc:
            raise _translated(exc, "writing a decision") from exc

    def remember(self, memory: Memory, version: int) -> None:
        """Write what is remembered, without a decision. Raises LostRaceError if the version is another."""
        try:
            self._client.put_item(**self._memory_put(memory, version))
        except (ClientError, BotoCoreError) as exc:
            raise _translated(exc, "writing what is remembered") from exc

    def close(self, id_: str) -> None:
        """See ``ports.Ledger``."""
        self._set(id_, "#name = :value", "open", {"BOOL": False})

    def conclude(self, id_: str, outcome: str) -> None:
        """See ``ports.Ledger``."""
        self._set(id_, "#name = :value", "outcome", {"S": outcome[:1_024]})

    def _memory_put(self, memory: Memory, version: int) -> dict[str, Any]:
        """The state machine reads ``frozen`` as it is; the rest is ours."""
        item = {
            **item_key(MEMORY, CURRENT),
            "memory": {"S": memory.to_json()},
            "version": {"N": str(version + 1)},
            "frozen": {"BOOL": bool(memory.frozen)},
        }
        if not version:
            return {"TableName": self._table, "Item": item, "ConditionExpression": f"attribute_not_exists({ITEM})"}
        return {
            "TableName": self._table,
            "Item": item,
            "ConditionExpression": "#version = :version",
            "ExpressionAttributeNames": {"#version": "version"},
            "ExpressionAttributeValues": {":version": {"N": str(version)}},
        }

    def _get(self, wanted: dict[str, Any]) -> dict[str, Any] | None:
        try:
            answer = self._client.get_item(TableName=self._table, Key=wanted, ConsistentRead=True)
        except (ClientError, BotoCoreError) as exc:
            raise translate(exc, doing="reading the reaction's table") from exc
        return answer.get("Item")

    def _set(self, id_: str, expression: str, name: str, value: dict[str, Any]) -> None:
        try:
            self._client.update_item(
                TableName=self._table,
                Key=item_key(DECISION, id_),
                UpdateExpression=f"SET {expression}",
                ConditionExpression=f"attribute_exists({ITEM})",
                ExpressionAttributeNames={"#name": name},
                ExpressionAttributeValues={":value": value},
            )
        except (ClientError, BotoCoreError) as exc:
            if isinstance(exc, ClientError) and code_of(exc) == "ConditionalCheckFailedException":
                return  # of a training that somebody else asked for
            raise translate(exc, doing="writing what became of a decision") from exc


def _translated(exc: ClientError | BotoCoreError, doing: str) -> Exception:
    if isinstance(exc, ClientError) and code_of(exc) in _RACED:
        return LostRaceError(f"{doing}: {code_of(exc)}")
    return translate(exc, doing=doing)


class LakeObjects(LakeBucket):
    """Objects of the lake, to read as well."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        super().__init__(client, bucket)
        self._reader, self._place = client, bucket

    def read(self, key: str) -> bytes | None:
        """See ``ports.Lake``."""
        try:
            return self._reader.get_object(Bucket=self._place, Key=key)["Body"].read()
        except (ClientError, BotoCoreError) as exc:
            if isinstance(exc, ClientError) and code_of(exc) in _GONE:
                return None
            raise translate(exc, doing=f"reading {key.partition('/')[0]}") from exc


class Topic:
    """The topic of notifications. Subscribers may filter by the attribute ``urgency``: ``page`` or ``note``."""

    def __init__(self, client: "SNSClient", arn: str) -> None:
        self._client = client
        self._arn = arn

    def tell(self, subject: str, text: str, *, page: bool) -> None:
        """See ``ports.People``."""
        urgency = "page" if page else "note"
        try:
            self._client.publish(
                TopicArn=self._arn,
                Subject=subject.encode("ascii", "replace").decode(),
                Message=text,
                MessageAttributes={"urgency": {"DataType": "String", "StringValue": urgency}},
            )
        except (ClientError, BotoCoreError) as exc:
            raise translate(exc, doing="telling people") from exc


@cache
def settings() -> Settings:
    """This process's settings."""
    return Settings.from_env(os.environ)


@cache
def connect() -> DriftResponse:
    """The function, wired to AWS; once per process."""
    its = settings()
    return DriftResponse(
        usecase=features(its.usecase).usecase,
        stage=its.stage,
        endpoint=its.endpoint_name,
        bucket=its.lake_bucket,
        ledger=ReactionTable(client("dynamodb"), its.reaction_table),
        lake=LakeObjects(client("s3"), its.lake_bucket),
        bus=EventBus(client("events")),
        people=Topic(client("sns"), its.topic_arn),
    )
