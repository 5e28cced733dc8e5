"""CloudWatch metrics from inside the process."""

from collections.abc import Mapping

from local.clock import clock
from local.emulator.ministack_cloudwatch import store


def put(
    namespace: str, name: str, value: float, unit: str = "None", dimensions: Mapping[str, str] | None = None
) -> None:
    """Publish one value at the present moment of the clock; alarms see it within a second."""
    store(namespace, name, value, unit=unit, dimensions=dict(dimensions or {}), at=clock.now())
