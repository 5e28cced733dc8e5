"""How traffic moves to a new fleet: all at once, canary or linear, watched by alarms.

Between steps AWS waits for minutes. Here a wait ends when the injected clock has passed it, or after ``BAKE_LIMIT_S``
of wall time if nobody moves the clock: long enough for an alarm that is in state ALARM to be seen, short enough for a
demo.
"""

import time
from collections.abc import Callable, Iterator

from local.sagemaker.errors import ValidationError
from local.sagemaker.launch import FleetError
from local.sagemaker.platform import Platform, Record

BAKE_LIMIT_S = 2.0
_POLL_S = 0.1
_STEP_MAX = 50
_LINEAR_MIN = 10


def require_valid(deployment: Record, old_config: Record, new_config: Record) -> None:
    """Check what AWS checks before it starts an update. Raises ValidationError."""
    routing = deployment.get("BlueGreenUpdatePolicy", {}).get("TrafficRoutingConfiguration", {})
    kind = routing.get("Type", "ALL_AT_ONCE")
    if kind == "ALL_AT_ONCE":
        return
    old, new = (
        {variant["VariantName"] for variant in config["ProductionVariants"]} for config in (old_config, new_config)
    )
    if old != new:
        raise ValidationError(f"{kind} traffic shifting needs the same variant names in both endpoint configurations.")
    member = {"CANARY": "CanarySize", "LINEAR": "LinearStepSize"}[kind]
    if member not in routing:
        raise ValidationError(f"{member} must be provided for traffic routing type {kind}.")
    instances = sum(variant.get("InitialInstanceCount", 1) for variant in new_config["ProductionVariants"])
    percent = _percent(routing[member], instances)
    low = 0 if kind == "CANARY" else _LINEAR_MIN
    if not low <= percent <= _STEP_MAX and instances > 1:
        raise ValidationError(f"{member} must be at least {low} and at most {_STEP_MAX} percent of the capacity.")


def _percent(size: Record, instances: int) -> float:
    value = float(size["Value"])
    return value if size["Type"] == "CAPACITY_PERCENT" else 100 * value / max(instances, 1)


def shares(deployment: Record, instances: int) -> Iterator[float]:
    """The part of the traffic, 0 to 1, that the new fleet gets in each step; the last is 1."""
    routing = deployment.get("BlueGreenUpdatePolicy", {}).get("TrafficRoutingConfiguration", {})
    kind = routing.get("Type", "ALL_AT_ONCE")
    if kind == "CANARY":
        yield _percent(routing["CanarySize"], instances) / 100
    elif kind == "LINEAR":
        step = _percent(routing["LinearStepSize"], instances) / 100
        share = step
        while share < 1 - 1e-9:
            yield share
            share += step
    yield 1.0


def wait_s(deployment: Record, *, last: bool) -> float:
    """How long AWS bakes a step, in seconds."""
    policy = deployment.get("BlueGreenUpdatePolicy", {})
    if last:
        return float(policy.get("TerminationWaitInSeconds", 0))
    return float(policy.get("TrafficRoutingConfiguration", {}).get("WaitIntervalInSeconds", 0))


def bake(platform: Platform, deployment: Record, duration_s: float, cancelled: Callable[[], bool]) -> None:
    """Watch the rollback alarms for a while.

    Raises:
        FleetError: as soon as one of them is in state ALARM.
    """
    alarms = [alarm["AlarmName"] for alarm in deployment.get("AutoRollbackConfiguration", {}).get("Alarms", [])]
    end, limit = platform.now() + duration_s, time.monotonic() + BAKE_LIMIT_S
    while True:
        ringing = (
            sorted(name for name, state in platform.alarm_states(alarms).items() if state == "ALARM") if alarms else []
        )
        if ringing:
            raise FleetError(f"One or more alarms went off during the deployment: {', '.join(ringing)}")
        if platform.now() >= end or time.monotonic() >= limit or cancelled():
            return
        time.sleep(_POLL_S)
