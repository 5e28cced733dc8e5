"""What a run found, as CloudWatch's embedded metric format: lines of the log that become metrics.

Headrace's own job leaves its metrics beside the violations. Of a run of native Model Monitor, which publishes under
names and dimensions of its own, the violations are counted, so that the same alarms watch both.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from headrace.errors import RejectedError, RetryableError
from headrace.monitoring import METRICS, NAMESPACE, Outputs
from lambdas.monitoring.logic import Lake

Group = tuple[tuple[str, str], ...]
"""Dimensions of a metric beside those that every metric has; none of what is about all rows."""
_MOST = 100
"""Metrics that one document may hold."""
_OF_EVERY_RUN = ("UseCase", "Stage", "Monitor")


def published(key: str, *, usecase: str, stage: str, lake: Lake, now_s: float) -> list[str]:
    """The documents of one run, a line each.

    Args:
        key: of its violations.
        usecase, stage: dimensions.
        lake: holds its documents.
        now_s: when the run is published, epoch seconds: metrics of a window long past would raise no alarm.

    Raises:
        RejectedError: if the key is not that of a run's violations, or they cannot be read.
        RetryableError: if they are not there yet.
    """
    run = Outputs.of_key(key)
    dimensions = {"UseCase": usecase, "Stage": stage, "Monitor": run.kind}
    own = lake.read(run.folder + METRICS)
    found = _own(own) if own is not None else {(): _counted(key, lake)}
    return [
        json.dumps(_document(dict(part), {**dimensions, **dict(group)}, now_s))
        for group, figures in found.items()
        for part in _parts([*figures.items()])
    ]


def _parts(items: list[tuple[str, float]]) -> Iterator[list[tuple[str, float]]]:
    return (items[at : at + _MOST] for at in range(0, len(items), _MOST))


def _own(lines: bytes) -> dict[Group, dict[str, float]]:
    """What the job measured: of all rows, and of groups that further dimensions name."""
    found: dict[Group, dict[str, float]] = {}
    for it in map(json.loads, lines.splitlines()):
        named = ((one["Name"], one["Value"]) for one in it.get("Dimensions", ()))
        group = tuple((name, str(value)) for name, value in named if name not in _OF_EVERY_RUN)
        found.setdefault(group, {})[it["MetricName"]] = float(it["Value"])
    return found


def _counted(key: str, lake: Lake) -> dict[str, float]:
    body = lake.read(key)
    if body is None:
        raise RetryableError(f"{key} is not there yet")
    try:
        violations = json.loads(body)["violations"]
        return {
            **dict(_distances(violations)),
            "violations": float(len(violations)),
            "degraded": float(bool(violations)),
        }
    except (ValueError, KeyError, TypeError) as exc:
        raise RejectedError("is not a document of violations", field="key") from exc


def _distances(violations: list[Mapping[str, Any]]) -> Iterator[tuple[str, float]]:
    """Distances of drifted columns, which Model Monitor only tells in words."""
    for it in violations:
        told = str(it.get("description", "")).partition("distance: ")[2].partition(" ")[0]
        if it.get("constraint_check_type") == "baseline_drift_check" and told.replace(".", "", 1).isdigit():
            yield f"feature_baseline_drift_{it['feature_name']}", float(told)


def _document(figures: Mapping[str, float], dimensions: Mapping[str, str], now_s: float) -> dict[str, Any]:
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [list(dimensions)],
        "Metrics": [{"Name": name, "Unit": "None"} for name in figures],
    }
    return {"_aws": {"Timestamp": int(now_s * 1_000), "CloudWatchMetrics": [directive]}, **dimensions, **figures}
