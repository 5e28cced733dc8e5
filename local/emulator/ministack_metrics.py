"""Metrics that AWS services publish about themselves and ministack's do not: queues, executions, API requests."""

import re
from typing import Any

from local.clock import clock
from local.emulator import metrics
from local.emulator.ministack_core import module, scope

_API_PATH = re.compile(r"/_aws/execute-api/([a-z0-9]+)/")
_SERVER_ERROR, _CLIENT_ERROR = 500, 400
_ENDED = {"SUCCEEDED": "ExecutionsSucceeded", "FAILED": "ExecutionsFailed", "TIMED_OUT": "ExecutionsTimedOut"}

_visible: dict[str, int] = {}
_seen: set[str] = set()


def sample() -> None:
    """Publish what changed in queues and state machines since the last look. Called every second."""
    with scope():
        queues = list(module("services.sqs")._queues.items())
        executions = list(module("services.stepfunctions")._executions.items())
    for url, queue in queues:
        _sample_queue(url.rpartition("/")[2], queue)
    for arn, execution in executions:
        name = _ENDED.get(execution["status"])
        if name and arn not in _seen:
            _seen.add(arn)
            metrics.put("AWS/States", name, 1, "Count", {"StateMachineArn": execution["stateMachineArn"]})


def _sample_queue(name: str, queue: dict[str, Any]) -> None:
    now = clock.now()
    visible = sum(message["visible_at"] <= now for message in list(queue["messages"]))
    if visible or _visible.get(name, 0):
        metrics.put("AWS/SQS", "ApproximateNumberOfMessagesVisible", visible, "Count", {"QueueName": name})
    _visible[name] = visible


def api_of(path: str) -> str:
    """The id of the API that a path belongs to, or ''."""
    match = _API_PATH.match(path)
    return match.group(1) if match else ""


def count_api_request(api_id: str, status: int, latency_ms: float) -> None:
    """Publish one request to an HTTP API."""
    dimensions = {"ApiId": api_id}
    metrics.put("AWS/ApiGateway", "Count", 1, "Count", dimensions)
    metrics.put("AWS/ApiGateway", "Latency", latency_ms, "Milliseconds", dimensions)
    metrics.put("AWS/ApiGateway", "4xx", _CLIENT_ERROR <= status < _SERVER_ERROR, "Count", dimensions)
    metrics.put("AWS/ApiGateway", "5xx", status >= _SERVER_ERROR, "Count", dimensions)
