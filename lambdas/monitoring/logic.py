"""What one run of a monitor reads: the window's capture, late files of the one before, labels, the model's own normal.

A plan is kept in the lake and names every file. A run that is delivered twice finds the plan and gets the same name of
a job, so it is one run. A file that came after the window before had been planned is in no plan yet, and this run takes
it along; nothing is read twice.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol, cast, get_args

from headrace.errors import RejectedError
from headrace.events.kinds import Kind
from headrace.monitoring import FOLDER, PLANS, Outputs
from headrace.schema import format_timestamp, parse_timestamp
from headrace.usecase import UseCase
from lambdas.monitoring import volume
from lambdas.monitoring.folders import hours
from lambdas.monitoring.requests import DeployedModel, JobRequest, Window

NEEDS_TRUTH: tuple[Kind, ...] = ("model_quality", "bias")
"""Kinds that look back by the label's delay."""
_HOUR_S = 3_600


class Lake(volume.Sizes, Protocol):
    """The lake's bucket. Every method raises RetryableError or DependencyError."""

    def keys(self, prefix: str) -> Sequence[str]:
        """Every key below a prefix."""

    def read(self, key: str) -> bytes | None:
        """An object; None if there is none of that key."""

    def put(self, key: str, body: bytes) -> None:
        """Write an object."""


class Endpoint(Protocol):
    """The endpoint that is watched."""

    def deployed(self) -> DeployedModel | None:
        """The model that it serves; None if it serves none. Raises RetryableError or DependencyError."""


@dataclass(frozen=True, kw_only=True)
class Monitoring:
    """The function, wired."""

    usecase: UseCase
    stage: str
    bucket: str
    endpoint_name: str
    variant: str
    packages: str
    lake: Lake
    endpoint: Endpoint


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What one run reads. ``late`` are capture files of the window before, ``truth`` files of labels."""

    kind: Kind
    window_start: str
    window_end: str
    model_package_arn: str
    capture: tuple[str, ...]
    late: tuple[str, ...] = ()
    truth: tuple[str, ...] = ()


def plan(event: Mapping[str, Any], function: Monitoring) -> dict[str, Any]:
    """Plan the run of a kind at a time.

    Args:
        event: ``kind``, ``time`` (ISO 8601: when it was to start) and, to judge a window once more, ``attempt``.
        function: wired.

    Returns:
        ``{"ready": False, "reason": ...}``, or what the job is to be asked for; see ``JobRequest.document``.

    Raises:
        RejectedError: if the event is not such a request.
        RetryableError: if AWS throttles or cannot be reached.
        DependencyError: if it refuses.
    """
    kind, at = _asked(event)
    monitor = function.usecase.monitor
    run = Outputs(endpoint=function.endpoint_name, kind=kind, end=monitor.window_end(at))
    model = function.endpoint.deployed()
    if model is None:
        return _not_ready("no model is deployed")
    missing = model.missing(kind)
    if missing:
        return _not_ready(f"{model.package_arn} brings no {missing} to compare with")
    window = _window(kind, run.end, function)
    key = _key(run)
    planned = _planned(key, function.lake) or _made(kind, window, run, model, function)
    function.lake.put(f"{key}.json", json.dumps(asdict(planned)).encode())
    captured = (*planned.capture, *planned.late)
    if not captured:
        return _not_ready(f"nothing was captured from {planned.window_start} to {planned.window_end}")
    if kind in NEEDS_TRUTH and not planned.truth:
        return _not_ready("no label has come yet")
    manifests = {"capture": captured, **({"truth": planned.truth} if planned.truth else {})}
    for name, keys in manifests.items():
        body = json.dumps([{"prefix": f"s3://{function.bucket}/"}, *keys]).encode()
        function.lake.put(f"{key}.{name}.manifest", body)
    small = volume.in_function(kind, captured, monitor.compute, function.lake)
    return JobRequest(
        usecase=function.usecase.name,
        stage=function.stage,
        kind=kind,
        window=window,
        run=run,
        attempt=str(event.get("attempt", "")),
        model=model,
        manifests={name: f"s3://{function.bucket}/{key}.{name}.manifest" for name in manifests},
        bucket=function.bucket,
        packages=function.packages,
        in_function=small,
        instances=1 if small else volume.instances(kind, captured, monitor.compute),
    ).document


def _asked(event: Mapping[str, Any]) -> tuple[Kind, int]:
    kind = event.get("kind")
    if kind not in get_args(Kind):
        raise RejectedError(f"is none of {', '.join(get_args(Kind))}: {kind!r}", field="kind")
    return cast(Kind, kind), int(parse_timestamp(str(event.get("time", "")), field="time"))


def _window(kind: Kind, end: int, function: Monitoring) -> Window:
    """The window whose answers are judged: that before ``end``, or one whose labels have had time to come."""
    delay_s = function.usecase.label.delay_s if kind in NEEDS_TRUTH else 0
    shifted = end - -(-delay_s // _HOUR_S) * _HOUR_S
    return Window(start=shifted - function.usecase.monitor.every_s, end=shifted)


def _planned(key: str, lake: Lake) -> Plan | None:
    found = lake.read(f"{key}.json")
    if found is None:
        return None
    document = json.loads(found)
    lists: Mapping[str, Any] = {name: tuple(document[name]) for name in ("capture", "late", "truth")}
    return Plan(**{**document, **lists})


def _made(kind: Kind, window: Window, run: Outputs, model: DeployedModel, function: Monitoring) -> Plan:
    place, every_s = f"capture/{function.endpoint_name}/{function.variant}/", function.usecase.monitor.every_s
    truth: list[str] = []
    if kind in NEEDS_TRUTH:
        truth = hours(function.lake.keys, "ground-truth/", window.start, run.end + function.usecase.monitor.lag_s)
    return Plan(
        kind=kind,
        window_start=format_timestamp(window.start),
        window_end=format_timestamp(window.end),
        model_package_arn=model.package_arn,
        capture=tuple(hours(function.lake.keys, place, window.start, window.end)),
        late=_late(place, window, Outputs(endpoint=run.endpoint, kind=kind, end=run.end - every_s), function),
        truth=tuple(truth),
    )


def _late(place: str, window: Window, before: Outputs, function: Monitoring) -> tuple[str, ...]:
    """Files of the window before that its plan does not name; none if it was not planned."""
    planned = _planned(_key(before), function.lake)
    if planned is None:
        return ()
    known = {*planned.capture, *planned.late}
    there = hours(function.lake.keys, place, window.start - function.usecase.monitor.every_s, window.start)
    return tuple(key for key in there if key not in known)


def _key(run: Outputs) -> str:
    """Where a run's plan and manifests are, without their endings."""
    return f"{PLANS}{run.folder.removeprefix(FOLDER).rstrip('/')}"


def _not_ready(reason: str) -> dict[str, Any]:
    return {"ready": False, "reason": reason}
