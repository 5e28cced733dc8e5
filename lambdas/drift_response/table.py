"""The reaction's table in DynamoDB, as drift response and the command see it."""

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from headrace.reaction import Memory
from lambdas.drift_response.ports import LostRaceError
from lambdas.drift_response.record import Record
from lambdas.drift_response.settings import CLAIMANT, CURRENT, DECISION, ITEM, LOCK, MEMORY, REQUEST, SUBJECT
from lambdas.shared.failures import code_of, translate
from lambdas.shared.reaction_keys import FROZEN

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

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
        self._set(id_, "open", {"BOOL": False})

    def conclude(self, id_: str, outcome: str) -> None:
        """See ``ports.Ledger``."""
        late = " AND (attribute_not_exists(#name) OR begins_with(#name, :aborted))"
        aborted = outcome.startswith("aborted")
        self._set(id_, "outcome", {"S": outcome[:1_024]}, late if aborted else "")

    def claim(self, request_id: str, execution: str) -> bool:
        """See ``ports.Ledger``; the machine's first task does the same."""
        try:
            self._client.put_item(
                TableName=self._table,
                Item={**item_key(REQUEST, request_id), CLAIMANT: {"S": execution}},
                ConditionExpression=f"attribute_not_exists({ITEM}) OR #execution = :execution",
                ExpressionAttributeNames={"#execution": CLAIMANT},
                ExpressionAttributeValues={":execution": {"S": execution}},
            )
        except (ClientError, BotoCoreError) as exc:
            if isinstance(exc, ClientError) and code_of(exc) == "ConditionalCheckFailedException":
                return False
            raise translate(exc, doing="claiming a request") from exc
        return True

    def release(self, execution: str) -> None:
        """See ``ports.Ledger``."""
        try:
            self._client.delete_item(
                TableName=self._table,
                Key=item_key(LOCK, CURRENT),
                ConditionExpression="#owner = :execution",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues={":execution": {"S": execution}},
            )
        except (ClientError, BotoCoreError) as exc:
            if isinstance(exc, ClientError) and code_of(exc) == "ConditionalCheckFailedException":
                return  # another one holds it by now, or nobody
            raise translate(exc, doing="releasing the lock of retraining") from exc

    def _memory_put(self, memory: Memory, version: int) -> dict[str, Any]:
        """The state machine reads ``frozen`` as it is; the rest is ours."""
        item = {
            **item_key(MEMORY, CURRENT),
            "memory": {"S": memory.to_json()},
            "version": {"N": str(version + 1)},
            FROZEN: {"BOOL": bool(memory.frozen)},
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

    def _set(self, id_: str, name: str, value: dict[str, Any], condition: str = "") -> None:
        values = {":value": value, **({":aborted": {"S": "aborted"}} if condition else {})}
        try:
            self._client.update_item(
                TableName=self._table,
                Key=item_key(DECISION, id_),
                UpdateExpression="SET #name = :value",
                ConditionExpression=f"attribute_exists({ITEM}){condition}",
                ExpressionAttributeNames={"#name": name},
                ExpressionAttributeValues=values,
            )
        except (ClientError, BotoCoreError) as exc:
            if isinstance(exc, ClientError) and code_of(exc) == "ConditionalCheckFailedException":
                return  # of a training that somebody else asked for, or one that said itself how it ended
            raise translate(exc, doing="writing what became of a decision") from exc


def _translated(exc: ClientError | BotoCoreError, doing: str) -> Exception:
    if isinstance(exc, ClientError) and code_of(exc) in _RACED:
        return LostRaceError(f"{doing}: {code_of(exc)}")
    return translate(exc, doing=doing)
