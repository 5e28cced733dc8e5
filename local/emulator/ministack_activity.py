"""What is going on in ministack's services, for GET /_headrace/idle."""

from typing import Any

from local.clock import clock
from local.emulator import idle
from local.emulator.ministack_core import module, scope


def install() -> None:
    """Report running functions, queues and state machines."""
    idle.register("functions", _functions)
    idle.register("queues", _queues)
    idle.register("executions", _executions)


def _functions() -> dict[str, Any]:
    running = module("services.lambda_svc").executions_in_flight()[1]
    by_name = {key.rpartition(":")[2]: count for key, count in running.items()}
    return {"pending": sum(by_name.values()), "running": by_name}


def _queues() -> dict[str, Any]:
    """Messages per queue. Those of a queue that a function reads are work; those in a dead-letter queue are not.

    A message that was sent to come later is no work until its time: like a schedule, it would keep the loop busy.
    """
    now = clock.now()
    mappings = list(module("services.lambda_svc")._iter_all_esms())
    read = {stored["EventSourceArn"] for _account, _region, stored in mappings if stored.get("Enabled", True)}
    found: dict[str, Any] = {}
    pending = 0
    with scope():
        for url, queue in list(module("services.sqs")._queues.items()):
            messages = list(queue["messages"])
            visible = sum(message["visible_at"] <= now for message in messages)
            found[url.rpartition("/")[2]] = {"visible": visible, "in_flight": len(messages) - visible}
            later = sum(it["visible_at"] > now and not it["receive_count"] for it in messages)
            pending += (len(messages) - later) * (queue["attributes"]["QueueArn"] in read)
    return {**found, "pending": pending}


def _executions() -> dict[str, Any]:
    with scope():
        executions = list(module("services.stepfunctions")._executions.values())
    return {"pending": sum(execution["status"] == "RUNNING" for execution in executions)}
