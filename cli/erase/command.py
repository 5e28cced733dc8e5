"""``headrace export`` and ``headrace erase``: options into a walk, and its results into files."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

import usecases
from cli.deployment import Deployment, DeploymentError, deployed
from cli.erase.receipt import receipt
from cli.erase.subject import subject_of
from cli.erase.work import Walk
from cli.output import progress_console
from cli.phases import Phases


@dataclass(frozen=True, kw_only=True)
class Options:
    """Whose data, where, and what for. ``field`` None: the primary entity's key. ``out`` is a folder."""

    action: str
    usecase: str
    stage: str
    region: str | None
    subject: str
    field: str | None
    out: Path


def run(options: Options) -> dict[str, Any]:
    """Export or erase; returns the receipt, which is in ``out`` as well.

    Raises:
        UseCaseError: if an option names nothing.
        DeploymentError: if the stage is not deployed, or AWS refuses.
        LakeError: if the lake cannot be read or written.
    """
    usecase = usecases.load(options.usecase)
    try:
        return walk(deployed(usecase, options.stage, options.region), options)
    except (ClientError, BotoCoreError) as exc:
        raise DeploymentError(f"AWS: {exc}; run the same command again to go on where it stopped") from exc


def walk(deployment: Deployment, options: Options) -> dict[str, Any]:
    """As ``run``, on a deployment that is known."""
    subject = subject_of(deployment, options.subject, options.field)
    with Phases(progress_console).phase(options.action) as phase:
        erase = options.action == "erase"
        findings = Walk(deployment=deployment, subject=subject, report=phase.report, erase=erase).run()
    options.out.mkdir(parents=True, exist_ok=True)
    if options.action == "export":
        document = json.dumps(findings.content, indent=1, default=str, ensure_ascii=False)
        (options.out / "export.json").write_text(document, encoding="utf-8")
    made = receipt(findings, action=options.action, usecase=options.usecase, stage=options.stage, field=subject.field)
    (options.out / "receipt.json").write_text(json.dumps(made, indent=1), encoding="utf-8")
    return made
