"""EventBridge with the rules of templates: the emulator matches and transforms, every match is delivered twice."""

import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import AccountRegionScopedDict
from ministack.services import eventbridge
from template_values import Values

START = 1_767_240_600
"""2026-01-01T04:10:00Z."""
Patch = Callable[[Any, str, Any], None]


@dataclass(frozen=True)
class Delivery:
    """Something that arrives at a target: a queue's message, a state machine's input; ``tries`` counts its receipts."""

    target: str
    payload: str
    tries: int = 1


class Clock:
    """Time that passes whenever somebody looks."""

    def __init__(self) -> None:
        self._ticks = itertools.count(START, 7)

    def time(self) -> int:
        """Now, epoch seconds."""
        return next(self._ticks)


class Bus:
    """The default bus. What it has to deliver is put into ``waiting``, two copies of each."""

    def __init__(self, patch: Patch, clock: Clock, *stacks: Values) -> None:
        self.waiting: list[Delivery] = []
        for name in ("_rules", "_targets", "_events_log", "_archives"):
            patch(eventbridge, name, AccountRegionScopedDict())
        patch(eventbridge, "_now_ts", clock.time)
        patch(eventbridge, "_dispatch_to_sqs", self._to_queue)
        patch(eventbridge, "_dispatch_to_stepfunctions", self._to_machine)
        eventbridge._event_buses.setdefault("default", {"Name": "default"})
        for values in stacks:
            for name, rule in values.of("AWS::Events::Rule"):
                if "EventPattern" not in rule:
                    continue
                status, _, body = eventbridge._put_rule(
                    {"Name": name, "EventPattern": json.dumps(rule["EventPattern"])}
                )
                assert status == 200, body
                eventbridge._put_targets({"Rule": name, "Targets": rule["Targets"]})

    def tell(self, source: str, kind: str, detail: Mapping[str, Any]) -> None:
        """An event of an AWS service."""
        self._put([{"Source": source, "DetailType": kind, "Detail": json.dumps(detail, default=str)}], aws=True)

    def put(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """``PutEvents``."""
        return self._put(given["Entries"], aws=False)

    def _put(self, entries: list[dict[str, Any]], *, aws: bool) -> dict[str, Any]:
        _, _, body = eventbridge._put_events({"Entries": entries}, allow_aws_source=aws)
        answer: dict[str, Any] = json.loads(body)
        assert not answer["FailedEntryCount"], answer
        return answer

    def _to_queue(self, spec: Any, payload: str, _parameters: object = None) -> None:
        """The copy has an id of its own, as copies may have."""
        copy = {**json.loads(payload), "id": f"copy-of-{json.loads(payload)['id']}"}
        self.waiting += [Delivery(str(spec), payload), Delivery(str(spec), json.dumps(copy))]

    def _to_machine(self, arn: str, payload: str) -> None:
        self.waiting += [Delivery(arn, payload)] * 2
