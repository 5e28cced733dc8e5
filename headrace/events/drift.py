"""Drift was detected: what a monitor found, weighed."""

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from headrace.events.contract import BusEvent, described

Kind = Literal["data_quality", "model_quality", "bias", "attribution"]
"""What a monitor watches. Native Model Monitor calls the last one explainability."""
Severity = Literal["none", "low", "medium", "high", "critical"]
"""Also the values of the pipeline's parameter ``DriftSeverity``."""
KINDS: tuple[Kind, ...] = get_args(Kind)
SEVERITIES: tuple[Severity, ...] = get_args(Severity)


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
