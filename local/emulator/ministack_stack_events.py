"""CloudFormation's word to EventBridge: a ``Stack Status Change`` event for each status that a stack reaches.

Shape: AWSCloudFormation/latest/UserGuide/event-detail-stack-status-change.html. A stack's events are recorded on the
serving loop while targets may call back, so a thread of its own delivers them, in order.
"""

import logging
import queue
import threading
from typing import Any

from local.emulator import events, idle, lifecycle
from local.emulator.ministack_core import module

_Change = dict[str, Any]
_logger = logging.getLogger(__name__)
_changes: "queue.SimpleQueue[_Change | None]" = queue.SimpleQueue()


def install() -> None:
    """Announce what CloudFormation records of stacks from now on."""
    stacks = module("services.cloudformation.stacks")
    record = stacks._add_event

    def announce(
        stack_id: str, stack_name: str, logical_id: str, resource_type: str, status: str, *rest: Any, **facts: Any
    ) -> None:
        record(stack_id, stack_name, logical_id, resource_type, status, *rest, **facts)
        if resource_type == "AWS::CloudFormation::Stack" and logical_id == stack_name:
            reason = rest[0] if rest else facts.get("reason", "")
            _changes.put(change(stack_id, status, reason, stacks.CLIENT_REQUEST_TOKEN.get()))

    for name in ("stacks", "handlers", "changesets"):
        user = module(f"services.cloudformation.{name}")
        if hasattr(user, "_add_event"):
            user._add_event = announce
    idle.register("stack_events", lambda: {"pending": _changes.qsize()})
    thread = threading.Thread(target=_deliver, name="stack-events", daemon=True)
    thread.start()
    lifecycle.on_stop(lambda: _changes.put(None))


def change(stack_id: str, status: str, reason: str, token: str) -> _Change:
    """The event's detail; without a token the field is not there."""
    detail: _Change = {"stack-id": stack_id, "status-details": {"status": status, "status-reason": reason}}
    return {**detail, "client-request-token": token} if token else detail


def _deliver() -> None:
    while (detail := _changes.get()) is not None:
        try:
            events.put("aws.cloudformation", "CloudFormation Stack Status Change", detail, [detail["stack-id"]])
        except Exception:  # one bad target must not keep the others from their events
            _logger.exception("the status of %s was not announced", detail["stack-id"])
