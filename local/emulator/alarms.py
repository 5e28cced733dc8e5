"""When a metric alarm changes state: M breaching datapoints of the last N periods, missing ones by policy.

Rules: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html. Evaluated over whole
periods of the clock, plus the current one as soon as it breaches, so that a local alarm need not wait a period out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_BREACHES = {
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
}


@dataclass(frozen=True, kw_only=True)
class Datapoint:
    """The statistic over the period that starts at ``start_s``."""

    start_s: float
    value: float


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The state an alarm should have."""

    state: str
    reason: str


def evaluate(alarm: Mapping[str, Any], datapoints: Sequence[Datapoint], now: float) -> Verdict | None:
    """The state of an alarm at ``now``, or None to keep what it has.

    Args:
        alarm: ``Period``, ``EvaluationPeriods``, ``DatapointsToAlarm``, ``Threshold``, ``ComparisonOperator`` and
            ``TreatMissingData`` as PutMetricAlarm names them.
        datapoints: The statistic per period, in any order; periods without data are absent.
        now: Epoch seconds.
    """
    period, periods = int(alarm.get("Period") or 60), int(alarm.get("EvaluationPeriods") or 1)
    needed = int(alarm.get("DatapointsToAlarm") or periods)
    breaches = _BREACHES.get(str(alarm.get("ComparisonOperator")))
    if breaches is None:
        return None
    threshold = float(alarm.get("Threshold") or 0)
    by_start = {point.start_s: point.value for point in datapoints}
    current = now // period * period
    newest = current if current in by_start else current - period
    window = [by_start.get(newest - period * i) for i in range(periods)]
    missing = str(alarm.get("TreatMissingData") or "missing")
    if all(value is None for value in window):
        return _without_data(missing)
    breaching = sum(breaches(value, threshold) if value is not None else missing == "breaching" for value in window)
    known = [value for value in window if value is not None]
    operator = alarm["ComparisonOperator"]
    reason = f"Threshold Crossed: {breaching} of {periods} datapoints {known} breached {operator} {threshold}"
    return Verdict(state="ALARM" if breaching >= needed else "OK", reason=reason)


def _without_data(missing: str) -> Verdict | None:
    if missing == "breaching":
        return Verdict(state="ALARM", reason="no datapoints were received and missing data is treated as breaching")
    if missing == "notBreaching":
        return Verdict(state="OK", reason="no datapoints were received and missing data is treated as not breaching")
    if missing == "ignore":
        return None
    return Verdict(state="INSUFFICIENT_DATA", reason="Insufficient Data: no datapoints were received")
