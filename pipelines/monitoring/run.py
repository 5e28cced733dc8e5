"""One run of the monitor of a deployed model: what it found of each kind."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from headrace.drift import documents
from headrace.drift.model_quality import Status
from headrace.events.kinds import Kind
from headrace.usecase import UseCase
from pipelines.monitoring import watch
from pipelines.monitoring.examples import Example
from pipelines.monitoring.history import NOTHING, History, columns
from pipelines.monitoring.quality import QualityFound


@dataclass(frozen=True, kw_only=True)
class About:
    """Whose run it is: the stage, the kind (None: of every kind), the window in ISO 8601, and the model package."""

    usecase: UseCase
    stage: str
    kind: Kind | None = None
    window_start: str = ""
    window_end: str = ""
    model_package: str = ""


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one run found; None of what was not judged."""

    watched: watch.Watched | None = None
    rows_to_look_at: Mapping[str, list[Example]] = field(default_factory=dict)
    quality: QualityFound | None = None
    attribution: dict[str, Any] | None = None
    bias: dict[str, Any] | None = None
    history: History = NOTHING

    @property
    def rows(self) -> int:
        """How many rows were judged."""
        if self.watched is not None:
            return self.watched.findings.rows[1]
        if self.quality is not None:
            return self.quality.current.rows
        return max((int(it["rows"]) for it in (self.bias, self.attribution) if it), default=0)

    @property
    def violations(self) -> list[dict[str, str]]:
        """Those of every kind, data first."""
        found = documents.violations(self.watched.findings)["violations"] if self.watched else []
        return [*found, *self.others]

    @property
    def others(self) -> list[dict[str, str]]:
        """Those that are not of a column."""
        found = self.quality.verdict.violations() if self.quality else []
        for it in (self.bias, self.attribution):
            found += it["violations"] if it else []
        return found

    @property
    def status(self) -> Status:
        """DEGRADED if there are violations, UNKNOWN if nothing could be judged."""
        if self.violations:
            return "DEGRADED"
        verdict = self.quality.verdict.status if self.quality else "UNKNOWN"
        judged = self.watched is not None or self.attribution is not None or (self.bias or {}).get("judged")
        return "HEALTHY" if judged else verdict

    def document(self, about: About) -> dict[str, Any]:
        """``run.json``."""
        return {
            "version": 1,
            "usecase": about.usecase.name,
            "stage": about.stage,
            "kind": about.kind or "every",
            "window_start": about.window_start,
            "window_end": about.window_end,
            "model_package_arn": about.model_package,
            "rows": self.rows,
            "status": self.status,
            "violations": len(self.violations),
            "magnitude": round(self.watched.findings.magnitude, 6) if self.watched else 0.0,
            **({"columns": columns(self.watched.findings)} if self.watched else {}),
        }
