"""What monitors watch and how bad a finding is: words that are used far from the bus, so they load no event."""

from typing import Literal, get_args

Kind = Literal["data_quality", "model_quality", "bias", "attribution"]
"""What a monitor watches. Native Model Monitor calls the last one explainability."""
Severity = Literal["none", "low", "medium", "high", "critical"]
"""Also the values of the pipeline's parameter ``DriftSeverity``."""
KINDS: tuple[Kind, ...] = get_args(Kind)
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
