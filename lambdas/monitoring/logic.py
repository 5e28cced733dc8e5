"""What one run of a monitor reads: the window's capture, late files of the one before, labels, the model's own normal.

A plan is kept in the lake and names every file. A run that is delivered twice finds the plan and gets the same name of
a job, so it is one run. A file that came after the window before had been planned is in no plan yet, and this run takes
it along; nothing is read twice.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast, get_args

from headrace.errors import RejectedError
from headrace.events.kinds import Kind
from headrace.monitoring import Outputs
from headrace.schema import format_timestamp, parse_timestamp
from headrace.usecase import UseCase
from lambdas.monitoring import volume
from lambdas.monitoring.earlier import earlier
from lambdas.monitoring.folders import hours, partitions
from lambdas.monitoring.planned import Plan, place_of, plan_of
from lambdas.monitoring.requests import DeployedModel, JobRequest, Window

NEEDS_TRUTH: tuple[Kind, ...] = ("model_quality", "bias")
"""Kinds that look back by the label's delay."""
_HOUR_S = 3_600
_WAITED_S = 86_400
"""So long an event may have waited in the stream before it was answered."""


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
    start, end = monitor.window(kind, at)
    asked = Window(start=start, end=end)
    run = Outputs(endpoint=function.endpoint_name, kind=kind, end=asked.end)
    model = function.endpoint.deployed()
    if model is None:
        return _not_ready("no model is deployed")
    missing = model.missing(kind)
    if missing:
        return _not_ready(f"{model.package_arn} brings no {missing} to compare with")
    key, window = place_of(run), _answered(kind, asked, function)
    planned = plan_of(run, function.lake.read) or _made(kind, asked, model, function)
    function.lake.put(f"{key}.json", planned.body)
    captured = (*planned.capture, *planned.late)
    if not captured:
        return _not_ready(f"nothing was captured from {planned.window_start} to {planned.window_end}")
    if kind in NEEDS_TRUTH and not planned.truth:
        return _not_ready("no label has come yet")
    if kind == "bias" and not planned.events and _only_events_tell(function.usecase):
        return _not_ready("no event of the window is in the lake, and only events tell of groups")
    manifests = {"capture": captured, "truth": planned.truth, "events": planned.events, "history": planned.history}
    manifests = {name: keys for name, keys in manifests.items() if keys}
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


def _answered(kind: Kind, window: Window, function: Monitoring) -> Window:
    """The window whose answers are judged: that one, or an earlier one whose labels have had time to come."""
    delay_s = function.usecase.label.delay_s if kind in NEEDS_TRUTH else 0
    shift = -(-delay_s // _HOUR_S) * _HOUR_S
    return Window(start=window.start - shift, end=window.end - shift)


def _only_events_tell(usecase: UseCase) -> bool:
    facets = usecase.model.facets
    return bool(facets) and all(it.field in usecase.uncaptured_facets for it in facets)


def _made(kind: Kind, asked: Window, model: DeployedModel, function: Monitoring) -> Plan:
    keys, monitor = function.lake.keys, function.usecase.monitor
    place, window = f"capture/{function.endpoint_name}/{function.variant}/", _answered(kind, asked, function)
    before = Window(start=monitor.window(kind, asked.start + monitor.lag_s)[0], end=asked.start)
    late = _late(place, kind, before, function)
    truth: list[str] = []
    if kind in NEEDS_TRUTH:
        truth = hours(keys, "ground-truth/", window.start, asked.end + monitor.lag_s)
    events: list[str] = []
    if kind == "bias" and function.usecase.uncaptured_facets:
        first = _answered(kind, before, function).start if late else window.start
        events = partitions(keys, "events/", first - _WAITED_S, window.end)
    return Plan(
        kind=kind,
        window_start=format_timestamp(window.start),
        window_end=format_timestamp(window.end),
        model_package_arn=model.package_arn,
        capture=tuple(hours(keys, place, window.start, window.end)),
        late=late,
        truth=tuple(truth),
        events=tuple(events),
        history=_earlier(kind, asked, function),
    )


def _earlier(kind: Kind, asked: Window, function: Monitoring) -> tuple[str, ...]:
    """What earlier runs found of the columns; other kinds have no distances to show."""
    if kind != "data_quality":
        return ()
    run = Outputs(endpoint=function.endpoint_name, kind=kind, end=asked.end)
    return earlier(function.lake.keys, run, function.usecase.monitor.every_s)


def _late(place: str, kind: Kind, before: Window, function: Monitoring) -> tuple[str, ...]:
    """Files of the window before that its plan does not name; none if it was not planned."""
    run = Outputs(endpoint=function.endpoint_name, kind=kind, end=before.end)
    planned = plan_of(run, function.lake.read)
    if planned is None:
        return ()
    known, window = {*planned.capture, *planned.late}, _answered(kind, before, function)
    there = hours(function.lake.keys, place, window.start, window.end)
    return tuple(key for key in there if key not in known)


def _not_ready(reason: str) -> dict[str, Any]:
    return {"ready": False, "reason": reason}
