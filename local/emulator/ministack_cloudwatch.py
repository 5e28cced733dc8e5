"""CloudWatch: dimensions that count, M-of-N evaluation on the clock, and state changes that reach EventBridge."""

import logging
import threading
from collections.abc import Callable
from typing import Any

from local.clock import clock, iso_timestamp
from local.emulator import lifecycle
from local.emulator.alarms import Datapoint, evaluate
from local.emulator.ministack_core import module, scope

_EVALUATION_PERIOD_S = 1.0
_logger = logging.getLogger(__name__)


def install() -> None:
    """Replace alarm evaluation and announce state changes."""
    cloudwatch = module("services.cloudwatch")
    dispatch = cloudwatch._dispatch_alarm_actions

    def announce(alarm: dict[str, Any], old: str, new: str, reason: str) -> None:
        dispatch(alarm, old, new, reason)
        _put_state_change(alarm, old, new, reason)

    cloudwatch._dispatch_alarm_actions = announce
    cloudwatch._evaluate_alarm = _evaluate


def start(sample: Callable[[], None]) -> None:
    """Evaluate alarms every second, after ``sample``, until the emulator stops: a missing datapoint is news too."""
    stopping = threading.Event()
    lifecycle.on_stop(stopping.set)

    def loop() -> None:
        while not stopping.wait(_EVALUATION_PERIOD_S):
            with scope():
                sample()
                evaluate_all()

    threading.Thread(target=loop, name="alarms", daemon=True).start()


def evaluate_all() -> None:
    """Evaluate every metric alarm now."""
    for alarm in list(module("services.cloudwatch")._alarms.values()):
        try:
            _evaluate(alarm)
        except Exception:  # one broken alarm must not stop the others
            _logger.exception("alarm %s", alarm.get("AlarmName"))


def store(namespace: str, name: str, value: float, *, unit: str, dimensions: dict[str, str], at: float) -> None:
    """Add one value of a metric."""
    cloudwatch = module("services.cloudwatch")
    bucket = cloudwatch._metric_bucket((namespace, name, cloudwatch._dims_key(dimensions)))
    bucket.append({"Timestamp": at, "Value": float(value), "Unit": unit, "Dimensions": dimensions})


def _evaluate(alarm: dict[str, Any]) -> None:
    if not alarm.get("MetricName"):
        return  # metric math: not evaluated here, stays INSUFFICIENT_DATA
    cloudwatch = module("services.cloudwatch")
    verdict = evaluate(alarm, _datapoints(alarm), clock.now())
    old = alarm["StateValue"]
    if verdict is None or verdict.state == old:
        return
    alarm.update(StateValue=verdict.state, StateReason=verdict.reason, StateUpdatedTimestamp=int(clock.now()))
    cloudwatch._record_history(alarm["AlarmName"], old, verdict.state, verdict.reason)
    cloudwatch._dispatch_alarm_actions(alarm, old, verdict.state, verdict.reason)
    cloudwatch._evaluate_parent_alarms(alarm)


def _datapoints(alarm: dict[str, Any]) -> list[Datapoint]:
    """The statistic per period, over the alarm's own dimensions only."""
    cloudwatch = module("services.cloudwatch")
    dimensions = cloudwatch._dims_key({d["Name"]: d["Value"] for d in alarm.get("Dimensions") or []})
    points = cloudwatch._metrics.get((alarm["Namespace"], alarm["MetricName"], dimensions)) or []
    period = int(alarm.get("Period") or 60)
    oldest = clock.now() - period * (int(alarm.get("EvaluationPeriods") or 1) + 2)
    periods: dict[int, list[dict[str, Any]]] = {}
    for point in reversed(points):  # newest last; a metric may hold days
        if point["Timestamp"] < oldest:
            break
        if not alarm.get("Unit") or point["Unit"] == alarm["Unit"]:
            periods.setdefault(int(point["Timestamp"] // period), []).append(point)
    statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average"
    found = []
    for index, members in periods.items():
        value = cloudwatch._stat_value(cloudwatch._calc_stats(members), statistic, members)
        if value is not None:
            found.append(Datapoint(start_s=index * period, value=float(value)))
    return found


def _put_state_change(alarm: dict[str, Any], old: str, new: str, reason: str) -> None:
    """Announce it as AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html describes."""
    from local.emulator import events  # noqa: PLC0415  events imports the core that this module belongs to

    metric = {
        "namespace": alarm.get("Namespace"),
        "name": alarm.get("MetricName"),
        "dimensions": {d["Name"]: d["Value"] for d in alarm.get("Dimensions") or []},
    }
    stat = alarm.get("ExtendedStatistic") or alarm.get("Statistic")
    metrics = [
        {
            "id": "m1",
            "metricStat": {"metric": metric, "period": alarm.get("Period"), "stat": stat},
            "returnData": True,
        }
    ]
    now = iso_timestamp(clock.now()).replace("Z", "+0000")
    detail = {
        "alarmName": alarm["AlarmName"],
        "state": {"value": new, "reason": reason, "timestamp": now},
        "previousState": {"value": old},
        "configuration": {"description": alarm.get("AlarmDescription") or "", "metrics": metrics},
    }
    events.put("aws.cloudwatch", "CloudWatch Alarm State Change", detail, [alarm.get("AlarmArn", "")])
