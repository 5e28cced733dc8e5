"""Drift was detected: what a monitor found, weighed."""

from typing import ClassVar

from headrace.events.contract import BusEvent, described
from headrace.events.kinds import KINDS, SEVERITIES, Kind, Severity
from headrace.frozen import dataclass

__all__ = ["KINDS", "SEVERITIES", "DriftDetected", "Kind", "Severity"]


@dataclass(frozen=True, kw_only=True)
class DriftDetected(BusEvent):
    """A monitor's finding was weighed and is not nothing. Sent once per finding, whatever is decided then."""

    detail_type: ClassVar[str] = "Drift Detected"

    decision_id: str = described("the audit record that says what was decided about it")
    kind: str = described("what the monitor watches", among=KINDS)
    severity: str = described("how bad it is", among=SEVERITIES[1:])
    cause: str = described(
        "drift: the world moved; upstream: the data are broken, which no training cures",
        among=("drift", "upstream"),
    )
    features: tuple[str, ...] = described("columns concerned, the furthest first; empty if the kind has none")
    magnitude: float = described("the largest distance, or by how much a metric missed its bound", least=0)
    windows: int = described("for how many windows in a row", least=1)
    reason: str = described("the same in words, for people")
    source_uri: str = described("S3 URI of the violations or ARN of the alarm")
