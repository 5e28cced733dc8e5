"""EventBridge Scheduler on the injected clock: every occurrence, its context attributes, and the target's role."""

import logging
from datetime import UTC, datetime
from typing import Any

from local.clock import clock
from local.emulator import idle, roles
from local.emulator.ministack_core import module, scope
from local.emulator.schedules import due, told

_ACTIONS = {
    "states": "states:StartExecution",
    "lambda": "lambda:InvokeFunction",
    "sqs": "sqs:SendMessage",
    "sns": "sns:Publish",
}
_logger = logging.getLogger(__name__)


def install() -> None:
    """Replace the look at every schedule, and report what is due and not yet fired."""
    module("services.scheduler")._tick_schedules = tick
    idle.register("schedules", _pending)


def tick() -> None:
    """Fire what is due now."""
    scheduler = module("services.scheduler")
    now = clock.now()
    for key, schedule in list(scheduler._schedules._data.items()):
        if schedule.get("State") != "ENABLED":
            continue
        account, region, _ = key
        for at in _due(schedule, key, now):
            scheduler._schedule_last_fired[key] = at
            with scope(account, region):
                _fire(schedule, at)
        over = _at(schedule) is not None and key in scheduler._schedule_last_fired
        if over and schedule.get("ActionAfterCompletion") == "DELETE":
            scheduler._schedules._data.pop(key, None)
            scheduler._schedule_last_fired.pop(key, None)


def _pending() -> dict[str, Any]:
    schedules, now = list(module("services.scheduler")._schedules._data.items()), clock.now()
    return {"pending": sum(len(_due(it, key, now)) for key, it in schedules if it.get("State") == "ENABLED")}


def _due(schedule: dict[str, Any], key: Any, now: float) -> list[float]:
    scheduler = module("services.scheduler")
    fired = scheduler._schedule_last_fired.get(key)
    once = _at(schedule)
    if once is not None:
        return [once] if fired is None and now >= once else []
    begin = scheduler._to_epoch(schedule.get("StartDate")) or 0.0
    end = scheduler._to_epoch(schedule.get("EndDate"))
    last = max(float(schedule.get("CreationDate", now)), begin) if fired is None else fired
    return due(lambda moment: _following(schedule, moment), last, now if end is None else min(now, end))


def _following(schedule: dict[str, Any], moment: float) -> float | None:
    events, expression = module("services.eventbridge"), schedule.get("ScheduleExpression", "")
    interval = events._parse_rate_seconds(expression)
    if interval is not None:
        return float(moment + interval)
    fields = events._parse_cron_fields(expression)
    if fields is None:
        return None
    found = events._cron_next_fire(fields, datetime.fromtimestamp(moment, tz=UTC))
    return None if found is None else float(found.timestamp())


def _at(schedule: dict[str, Any]) -> float | None:
    found = module("services.scheduler")._at_time_epoch(schedule.get("ScheduleExpression", ""))
    return None if found is None else float(found)


def _fire(schedule: dict[str, Any], at: float) -> None:
    target = schedule.get("Target") or {}
    arn = target.get("Arn", "")
    service = arn.split(":")[2] if arn.count(":") > 2 else ""  # noqa: PLR2004 - an ARN's third part
    try:
        if service in _ACTIONS:
            roles.require(target.get("RoleArn", ""), _ACTIONS[service], arn, "scheduler")
        given = (
            {"Input": told(target["Input"], schedule_arn=schedule.get("Arn", ""), at=at)} if "Input" in target else {}
        )
        event = {
            "Source": "aws.scheduler",
            "DetailType": "Scheduled Event",
            "Detail": "{}",
            "Time": at,
            "Resources": [schedule.get("Arn", "")],
        }
        module("services.eventbridge")._invoke_target({**target, **given}, event, schedule)
    except roles.DeniedError as denied:
        _logger.error("schedule %s: %s", schedule.get("Name"), denied)
    except Exception:  # one bad target must not keep the other schedules from theirs
        _logger.exception("schedule %s", schedule.get("Name"))
