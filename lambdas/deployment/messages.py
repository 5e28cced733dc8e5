"""What the queue tells: a wish to deploy a package, or the end of an update of the endpoint stack.

Approvals and stack events come from AWS; going back is our own ``ModelRollbackRequested``. An update carries in its
token what it is about, because its end is announced by that token alone.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

from headrace.errors import RejectedError
from headrace.events import SOURCE, ModelRollbackRequested
from lambdas.deployment.capture import DUE, CaptureDue

Cause = Literal["deploy", "quality", "request"]
"""Why a package goes to the endpoint: it was approved, the one in force does badly, or somebody asked."""
APPROVAL = "SageMaker Model Package State Change"
ENDED = "CloudFormation Stack Status Change"
_PACKAGE = re.compile(r"arn:[^:]+:sagemaker:[^:]+:\d{12}:model-package/(?P<group>[^/]+)/(?P<version>\d+)")
_TOKEN = re.compile(r"(?P<cause>deploy|quality|request)-(?P<version>\d+)-after-(?P<before>\d+)-[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Package:
    """One version of a model package group."""

    arn: str
    group: str
    version: int

    @classmethod
    def of(cls, arn: str) -> "Package":
        """Read an ARN. Raises RejectedError if it does not name a version of a group."""
        match = _PACKAGE.fullmatch(arn)
        if not match:
            raise RejectedError("is not the ARN of a model package version", field="ModelPackageArn")
        return cls(arn, match["group"], int(match["version"]))


@dataclass(frozen=True, slots=True)
class Request:
    """A wish to deploy a package.

    ``change`` tells one approval of it from the next, and one decision to go back; ``instead_of`` is the ARN of the
    package that a rollback was decided against, empty if it is not known. What a program decided has the decision's id,
    when it was, and from when on what was found may date, epoch seconds; 0 if that is not known.
    """

    package: Package
    cause: Cause
    change: str
    instead_of: str = ""
    decision: str = ""
    at: float = 0.0
    evidence_from: float = 0.0

    @property
    def rollback(self) -> bool:
        """Whether an older version may replace a newer one."""
        return self.cause != "deploy"

    def token(self, before: int) -> str:
        """The same for every copy of one approval, so CloudFormation starts one update for all of them.

        Args:
            before: the version in force, 0 if there is none.
        """
        digest = hashlib.sha256(f"{self.package.arn} {self.change}".encode()).hexdigest()
        return f"{self.cause}-{self.package.version}-after-{before}-{digest}"


@dataclass(frozen=True, slots=True)
class Operation:
    """What a token of ours tells: which version went to the endpoint, why, and in whose place (0: nobody's)."""

    cause: Cause
    version: int
    before: int

    @classmethod
    def of(cls, token: str) -> "Operation | None":
        """Read a token; None if it is not ours, as after a deployment by hand."""
        match = _TOKEN.fullmatch(token)
        return cls(cast(Cause, match["cause"]), int(match["version"]), int(match["before"])) if match else None


@dataclass(frozen=True, slots=True)
class Ended:
    """An update of ours is over, one way or the other."""

    token: str


def version_in(arn: str, group: str) -> int:
    """The version of the group that an ARN names; 0 if it names none."""
    match = _PACKAGE.fullmatch(arn)
    return int(match["version"]) if match and match["group"] == group else 0


def read(body: str, *, group: str, stack_name: str) -> Request | Ended | CaptureDue | None:
    """Read an EventBridge event.

    Returns:
        The wish in it, the end of an update of ours, our own reminder, or None if it is about something else.

    Raises:
        RejectedError: if it is not an event, or names no model package version.
    """
    try:
        event = json.loads(body)
        detail, kind = event["detail"], event["detail-type"]
        if kind == ENDED:
            return _ended(detail, stack_name)
        if event["source"] == SOURCE and kind == DUE:
            return CaptureDue.read(detail)
        request = _request(event, detail, kind)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
        raise RejectedError("is not an EventBridge event about a model package") from exc
    return request if request and request.package.group == group else None


def _request(event: Mapping[str, Any], detail: Mapping[str, Any], kind: str) -> Request | None:
    if event["source"] == SOURCE and kind == ModelRollbackRequested.detail_type:
        decision = str(detail.get("DecisionId") or "")
        return Request(
            package=Package.of(detail["ModelPackageArn"]),
            cause="quality" if decision else "request",
            change=decision or str(event["id"]),  # whoever lost the bus's answer puts the event again, with another id
            instead_of=str(detail.get("RolledBackModelPackageArn", "")),
            decision=decision,
            at=_seconds(detail.get("At")),
            evidence_from=_seconds(detail.get("EvidenceFrom")),
        )
    if kind == APPROVAL and detail.get("ModelApprovalStatus") == "Approved":
        change = detail.get("LastModifiedTime") or event["time"]
        return Request(package=Package.of(detail["ModelPackageArn"]), cause="deploy", change=str(change))
    return None


def _seconds(text: object) -> float:
    return datetime.fromisoformat(str(text)).timestamp() if text else 0.0


def _ended(detail: Mapping[str, Any], stack_name: str) -> Ended | None:
    token = str(detail.get("client-request-token") or "")
    ours = f":stack/{stack_name}/" in detail["stack-id"] and Operation.of(token) is not None
    return Ended(token) if ours and detail["status-details"]["status"] in TERMINAL else None


TERMINAL = frozenset({"UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED"})
"""How an update can end."""
