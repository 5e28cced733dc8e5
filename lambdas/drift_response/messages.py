"""What the queue tells: a document of a monitor, an alarm, a file of labels, a model package, or our own event.

Each signal has an id that is the same for every copy of it, whatever EventBridge calls the copies.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from headrace.errors import HeadraceError, RejectedError
from headrace.events import (
    SOURCE,
    TRIGGERS,
    BusEvent,
    ModelDeployed,
    ModelRollbackRefused,
    ModelRolledBack,
    RetrainingFinished,
    Trigger,
)
from headrace.monitoring import FOLDER, VIOLATIONS_SUFFIX, Outputs
from headrace.reaction import Alarm, Package
from headrace.reaction.approval import VERDICTS
from headrace.reaction.news import Subject
from headrace.schema import parse_timestamp

RECEIPTS = "labels-inbox-receipts/"
"""Where the label inbox says that a file has been taken in."""
OWN: Mapping[str, type[BusEvent]] = {
    it.detail_type: it for it in (RetrainingFinished, ModelDeployed, ModelRolledBack, ModelRollbackRefused)
}
_MONITORED = ("headrace/monitor", "aws/sagemaker/endpoints/", "/aws/sagemaker/endpoints/")
_ENDPOINT = ("aws/sagemaker", "/aws/sagemaker/endpoints")


@dataclass(frozen=True, kw_only=True)
class Document:
    """A monitor's violations: the key, and which run wrote them."""

    key: str
    outputs: Outputs


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """The key of the receipt of a file of labels."""

    key: str


@dataclass(frozen=True, kw_only=True)
class Cut:
    """A retraining that was aborted or ran out of time, and so could say nothing itself."""

    execution: str
    request_id: str
    trigger: Trigger
    status: str


Content = Document | Receipt | Alarm | Cut | Package | BusEvent


@dataclass(frozen=True, kw_only=True)
class Signal:
    """Something that may need a reaction.

    Attributes:
        id: of the decision about it; begins with a time, so that decisions sort.
        at: when it happened, epoch seconds.
        content: what it is.
    """

    id: str
    at: int
    content: Content


def read(body: str, *, endpoint: str, usecase: str, stage: str) -> Signal | None:
    """Read a queue message.

    Args:
        body: an EventBridge event.
        endpoint: the name of our endpoint.
        usecase: ours.
        stage: ours.

    Returns:
        The signal in it, or None if it is about something else.

    Raises:
        RejectedError: if it is no event, or one of ours with wrong fields.
    """
    try:
        event = json.loads(body)
        kind, detail = (event["source"], event["detail-type"]), event["detail"]
        at = parse_timestamp(event["time"], field="time")
        if kind == ("aws.s3", "Object Created"):
            return _object(detail["object"], at, endpoint)
        if kind == ("aws.cloudwatch", "CloudWatch Alarm State Change"):
            return _alarm(detail, at, endpoint)
        if kind == ("aws.states", "Step Functions Execution Status Change"):
            return _cut(detail, at)
        if kind == ("aws.sagemaker", "SageMaker Model Package State Change"):
            return _package(detail, at)
        if kind[0] == SOURCE and kind[1] in OWN:
            return _own(OWN[kind[1]].from_detail(detail), at, usecase, stage)
    except HeadraceError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
        raise RejectedError("is not an EventBridge event that drift response knows") from exc
    return None


def signal_id(at: int, *parts: str) -> str:
    """A time and a digest, such as ``20260131T120000Z-0123456789ab``."""
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]
    return f"{datetime.fromtimestamp(at, UTC).strftime('%Y%m%dT%H%M%SZ')}-{digest}"


def _object(found: Mapping[str, Any], at: int, endpoint: str) -> Signal | None:
    key = str(found["key"])
    # A second delivery has another event id; the object's version or its place in S3's order is the same.
    writing = str(found.get("version-id") or found.get("sequencer") or found.get("etag") or "")
    if key.startswith(FOLDER) and key.endswith(VIOLATIONS_SUFFIX):
        outputs = Outputs.of_key(key)
        if outputs.endpoint != endpoint:
            return None
        return Signal(id=signal_id(outputs.end, key, writing), at=at, content=Document(key=key, outputs=outputs))
    if key.startswith(RECEIPTS) and not key.endswith("/"):
        return Signal(id=signal_id(at, key, writing), at=at, content=Receipt(key=key))
    return None


def _alarm(detail: Mapping[str, Any], at: int, endpoint: str) -> Signal | None:
    name, state = str(detail["alarmName"]), detail["state"]
    about = _about(detail.get("configuration", {}).get("metrics", []), endpoint)
    if about == "other":
        return None
    alarm = Alarm(name=name, alarming=state["value"] == "ALARM", about=about, reason=str(state.get("reason", ""))[:500])
    return Signal(id=signal_id(at, name, str(state["value"]), str(state["timestamp"])), at=at, content=alarm)


def _about(metrics: list[Mapping[str, Any]], endpoint: str) -> Subject:
    """Whether an alarm is about what the model answers, about how fast and well the endpoint does, or neither."""
    for it in metrics:
        metric = it.get("metricStat", {}).get("metric", {})
        namespace, dimensions = str(metric.get("namespace", "")).lower(), metric.get("dimensions", {})
        if namespace.startswith(_MONITORED) and namespace not in _ENDPOINT:
            return "monitor"
        if namespace in _ENDPOINT and dimensions.get("EndpointName") == endpoint:
            return "endpoint"
    return "other"


def _cut(detail: Mapping[str, Any], at: int) -> Signal | None:
    if detail["status"] not in ("ABORTED", "TIMED_OUT"):
        return None
    given = json.loads(detail.get("input") or "{}")
    trigger = given.get("TriggerReason")
    cut = Cut(
        execution=str(detail["executionArn"]),
        request_id=str(given.get("RequestId") or detail["name"]),
        trigger=trigger if trigger in TRIGGERS else "manual",
        status=str(detail["status"]),
    )
    return Signal(id=signal_id(at, cut.execution, cut.status), at=at, content=cut)


def _package(detail: Mapping[str, Any], at: int) -> Signal | None:
    """A version that was registered, approved or rejected. The rule lets through those of our group only."""
    verdict = detail.get("ModelApprovalStatus")
    if verdict not in VERDICTS:
        return None
    since = parse_timestamp(detail["CreationTime"], field="CreationTime")
    changed = parse_timestamp(detail.get("LastModifiedTime") or detail["CreationTime"], field="LastModifiedTime")
    package = Package(version=int(detail["ModelPackageVersion"]), verdict=verdict, since=since, at=changed)
    return Signal(id=signal_id(changed, detail["ModelPackageArn"], verdict), at=at, content=package)


def _own(event: BusEvent, at: int, usecase: str, stage: str) -> Signal | None:
    if (event.usecase, event.stage) != (usecase, stage):
        return None
    text = json.dumps(event.to_detail(), sort_keys=True)
    # Whoever lost the bus's answer puts the event again, later: the time it speaks of is the same.
    id_ = signal_id(parse_timestamp(event.at, field="At"), event.detail_type, text)
    return Signal(id=id_, at=at, content=event)
