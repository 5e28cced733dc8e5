"""The reaction of a deployed stage from outside: requests onto the bus, decisions out of the table, and resuming."""

import time
from collections.abc import Mapping
from typing import Any

from cli.deployment import Deployment
from headrace.errors import HeadraceError
from headrace.events import RetrainingRequested
from headrace.reaction import resumed
from headrace.schema import format_timestamp
from lambdas.drift_response.record import Record
from lambdas.drift_response.settings import DECISION, SUBJECT
from lambdas.drift_response.table import ReactionTable
from lambdas.shared.bus import EventBus


def ask(deployment: Deployment, request_id: str, trigger: str, reason: str) -> None:
    """Put the request on the bus.

    Raises:
        RetryableError: if EventBridge throttles, cannot be reached or does not take it now.
        DependencyError: if it refuses.
    """
    event = RetrainingRequested(
        usecase=deployment.usecase.name,
        stage=deployment.stage,
        at=format_timestamp(int(time.time())),
        request_id=request_id,
        trigger=trigger,
        reason=reason,
    )
    EventBus(deployment.session.client("events", endpoint_url=deployment.endpoint_url)).publish(event)


def decided(deployment: Deployment, limit: int | None = None) -> list[Mapping[str, Any]]:
    """Decisions, the newest first, each with its outcome; at most so many, or all; empty where there is none yet."""
    pages = deployment.dynamodb.get_paginator("query").paginate(
        TableName=deployment.output("retraining", "ReactionTableName"),
        KeyConditionExpression="#subject = :decision",
        ExpressionAttributeNames={"#subject": SUBJECT},
        ExpressionAttributeValues={":decision": {"S": DECISION}},
        ScanIndexForward=False,
        PaginationConfig={} if limit is None else {"MaxItems": limit},
    )
    return [_shown(it) for page in pages for it in page["Items"]]


def _shown(item: Mapping[str, Any]) -> Mapping[str, Any]:
    record = Record.from_json(item["record"]["S"])
    return {
        "id": record.id,
        "at": record.at,
        "source": record.source,
        "action": record.action,
        "severity": record.severity,
        "reason": record.reason,
        "outcome": item.get("outcome", {}).get("S", ""),
        "done": not item["open"]["BOOL"],
        "inputs": record.inputs,
    }


def resume(deployment: Deployment) -> str:
    """Let trainings and promotions go on.

    Returns:
        Why they were halted or frozen; empty if they were not.

    Raises:
        HeadraceError: if nothing was ever decided.
        LostRaceError: if something was decided this very moment.
    """
    table = ReactionTable(deployment.dynamodb, deployment.output("retraining", "ReactionTableName"))
    memory, version = table.memory()
    if not version:
        raise HeadraceError("nothing was ever decided here; there is nothing to resume")
    table.remember(resumed(memory), version)
    return "; ".join(filter(None, (memory.halted, memory.frozen)))
