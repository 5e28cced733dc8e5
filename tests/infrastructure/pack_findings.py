"""What the packs of cdk-nag find where nothing is acknowledged, and what the stacks would have acknowledged."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from constructs import IConstruct

import app as composition
from stacks.application import Application
from stacks.components import acknowledgement
from stacks.components.acknowledgement import CONTROL_PACKS


@dataclass(frozen=True)
class Finding:
    """A rule, as its pack calls it, and the resource that breaks it."""

    rule: str
    path: str


@dataclass(frozen=True)
class Acknowledged:
    """A rule that is accepted on a construct and below it, and why."""

    rule: str
    path: str
    reason: str

    def covers(self, finding: Finding) -> bool:
        """Whether the finding is accepted by this."""
        below = not self.path or finding.path == self.path or finding.path.startswith(f"{self.path}/")
        return below and finding.rule == self.rule

    @property
    def shared(self) -> str:
        """The rule's name without its pack's, if packs of controls share it."""
        return next((self.rule.removeprefix(f"{it}-") for it in CONTROL_PACKS if self.rule.startswith(it)), self.rule)


@dataclass(frozen=True)
class Looked:
    """One use case at one stage."""

    findings: Mapping[str, tuple[Finding, ...]]
    """By pack."""
    acknowledged: tuple[Acknowledged, ...]

    def unreasoned(self, pack: str) -> list[Finding]:
        """Findings of a pack that nobody has given a reason for."""
        return [it for it in self.findings[pack] if not any(said.covers(it) for said in self.acknowledged)]

    @property
    def said(self) -> set[tuple[str, str]]:
        """Every rule with every reason that was given for it."""
        return {(it.shared, it.reason) for it in self.acknowledged}

    @property
    def needed(self) -> set[tuple[str, str]]:
        """Those for which a pack has found something where they were given."""
        every = [it for found in self.findings.values() for it in found]
        return {(it.shared, it.reason) for it in self.acknowledged if any(it.covers(found) for found in every)}


class _Listener:
    """Takes the place of CDK's own way to acknowledge: hears, and accepts nothing."""

    def __init__(self) -> None:
        self.heard: list[Acknowledged] = []

    def of(self, construct: IConstruct) -> Any:
        listener, path = self, construct.node.path

        class Heard:
            def acknowledge(self, *given: Any) -> None:
                listener.heard += [Acknowledged(rule=it.id, path=path, reason=it.reason) for it in given]

        return Heard()


def look(folder: Path, **context: str) -> Looked:
    """Synthesize with nothing acknowledged, and read what the packs have found."""
    listener = _Listener()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(acknowledgement, "Validations", listener)
        app = Application(context=context, outdir=str(folder))
        composition.build(app)
    with pytest.raises(RuntimeError, match=r"Validation ?[fF]ailed"):
        app.synth()
    reports = json.loads((folder / "validation-report.json").read_text())["pluginReports"]
    findings = {
        report["pluginName"]: tuple(
            Finding(rule=it["ruleName"], path=resource["constructPath"])
            for it in report["violations"]
            for resource in it["violatingConstructs"]
        )
        for report in reports
    }
    return Looked(findings=findings, acknowledged=tuple(listener.heard))
