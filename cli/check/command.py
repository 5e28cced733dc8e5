"""Put together what a use case would deploy and what is risky about it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import usecases
from cli.check import data, definition
from cli.check.deployment import deployment
from cli.check.finding import ORDER, Finding
from headrace.usecase import UseCase
from headrace.usecase.controls import controls
from pipelines.jobs.splits import warm_up_s


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to check: the use case, files of its events if any, and the stage to synthesize, if any."""

    usecase: str
    files: Sequence[Path] = ()
    columns: Mapping[str, str]
    stage: str | None = "dev"


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What was found: the use case in figures, what its stage would hold, and the risks, gravest first."""

    about: Mapping[str, Any]
    deploys: Mapping[str, Any]
    findings: tuple[Finding, ...]

    def document(self) -> dict[str, Any]:
        """Everything, for programs."""
        return {**self.about, "deploys": self.deploys, "findings": [asdict(it) for it in self.findings]}


def check(options: Options) -> Checked:
    """Check a use case.

    Raises:
        UseCaseError: if there is no such use case, its definition is wrong, or the files do not fit it.
        SynthesisError: if its stage cannot be synthesized.
    """
    usecase = usecases.load(options.usecase)
    found = list(definition.risks(usecase))
    if options.files:
        found += data.risks(usecase, options.files, options.columns)
    return Checked(
        about=_about(usecase),
        deploys=deployment(usecase.name, options.stage) if options.stage else {},
        findings=tuple(sorted(found, key=lambda it: ORDER.index(it.severity))),
    )


def _about(usecase: UseCase) -> dict[str, Any]:
    model = usecase.model
    return {
        "usecase": usecase.name,
        "description": usecase.description,
        "fields": len(usecase.event.fields),
        "masked": [it.name for it in usecase.event.fields if it.privacy != "clear"],
        "entities": [it.name for it in usecase.entities],
        "features": len(usecase.feature_names),
        "windows": len(usecase.window_features),
        "looks_back_days": round(warm_up_s(usecase) / 86_400, 2),
        "label": f"{usecase.label.field}, {usecase.label.delay} after the event",
        "model": model.algorithm,
        "gates": {gate.metric: gate.minimum for gate in model.gates},
        "decisions": [f"{band.decision} from {band.from_score:g}" for band in usecase.decision.bands],
        "fallback": usecase.decision.fallback,
        "endpoint": usecase.serving.kind,
        "scores_in_the_stream": usecase.serving.score_stream,
        "profiles": list(usecase.compliance.profiles),
        "controls": {it.name: it.by for it in controls(usecase.compliance.profiles)},
    }
