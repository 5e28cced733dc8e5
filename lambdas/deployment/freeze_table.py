"""The freeze as drift response keeps it, in the reaction's table."""

import json
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.shared.failures import code_of, translate
from lambdas.shared.reaction_keys import CURRENT, FROZEN, ITEM, MEMORY, SUBJECT

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class ReactionFreeze:
    """The freeze in the reaction's table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client, self._table = client, table

    def reason(self) -> str:
        """See ``freeze.Freeze``. Where the table is not there yet, nothing has ever been frozen.

        Raises:
            RetryableError: if DynamoDB throttles or cannot be reached.
            DependencyError: if it refuses.
        """
        key = {SUBJECT: {"S": MEMORY}, ITEM: {"S": CURRENT}}
        try:
            found = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item", {})
        except (ClientError, BotoCoreError) as exc:
            if isinstance(exc, ClientError) and code_of(exc) == "ResourceNotFoundException":
                return ""
            raise translate(exc, doing="asking whether promotion is frozen") from exc
        if not found.get(FROZEN, {}).get("BOOL"):
            return ""
        return str(json.loads(found[MEMORY]["S"]).get("frozen") or "data are broken upstream")
