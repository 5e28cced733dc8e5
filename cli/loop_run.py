"""One run of the whole loop on this machine: synthesize, deploy, history, train, roll out, stream, account."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import boto3
import pandas as pd
from rich.console import Console

from cli import lake
from cli.accounting import Account, account
from cli.api import InferenceApi
from cli.backfill.history import History
from cli.backfill.writing import Backfill, backfill
from cli.deployment import Deployment
from cli.phases import Phases
from cli.plan import Plan
from cli.predictions import Agreement, agreement, read_predictions
from cli.stream import Streamed, stream
from cli.training import approve, evaluation, train
from headrace.errors import HeadraceError, UseCaseError
from headrace.usecase import UseCase
from local.loop import Loop

ROOT = Path(__file__).resolve().parent.parent
STAGE = "local"
EXAMPLES = 12


class SynthError(HeadraceError):
    """The templates could not be synthesized."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a run found.

    ``evaluation`` is the registered model's report, ``rejected`` says why some records were, ``label_files`` how many
    files of labels were taken in.
    """

    account: Account
    backfill: Backfill
    streamed: Streamed
    predictions: pd.DataFrame
    agreement: Agreement
    model_package: str
    endpoint_status: str
    evaluation: dict[str, object]
    rejected: list[dict[str, object]]
    label_files: int
    phases_s: dict[str, float]

    def failures(self) -> list[str]:
        """What a healthy loop never shows, in words; empty if all is well."""
        account, asked = self.account, self.agreement
        found = {
            f"{account.unaccounted} events are unaccounted for": account.unaccounted,
            f"{account.events_dead_lettered} events are dead-lettered": account.events_dead_lettered,
            f"{len(self.predictions)} of {account.events_enriched} enriched events have a score": (
                account.events_enriched - len(self.predictions)
            ),
            f"{asked.degraded} of {asked.calls} API answers are degraded": asked.degraded,
            f"{asked.equal} of {asked.calls} API answers equal the stream's score": asked.calls - asked.equal,
        }
        return [words for words, count in found.items() if count]

    def summary(self) -> dict[str, object]:
        """The numbers of ``summary.json``."""
        streamed_s = self.phases_s["stream"]
        return {
            **asdict(self.account),
            "predictions": len(self.predictions),
            "labels_sent": self.streamed.labels,
            "label_files": self.label_files,
            "history_events": self.backfill.events,
            "training_rows": self.backfill.training_rows,
            "model_package": self.model_package,
            "endpoint_status": self.endpoint_status,
            "api": asdict(self.agreement),
            "events_per_s": round(self.account.events_sent / streamed_s, 1) if streamed_s else None,
            "rejected_examples": self.rejected,
            "failures": self.failures(),
            "phases_s": self.phases_s,
        }


def run_loop(plan: Plan, console: Console) -> Result:
    """Run the whole loop and stop everything that it started.

    Raises:
        HeadraceError: naming the phase's problem; the logs are kept in the plan's folder.
    """
    phases = Phases(console)
    _require_folder(plan.out)
    assembly = plan.out / "cdk.out"
    with phases.phase("synth") as phase:
        synthesize(plan.usecase.name, assembly)
        phase.at(doing=f"{len(list(assembly.glob('*.template.json')))} templates")
    with started(plan.usecase, assembly, plan.out / "logs", phases) as (deployment, loop):
        return run_deployed(plan, deployment, loop, phases)


@contextmanager
def started(usecase: UseCase, assembly: Path, logs: Path, phases: Phases) -> Iterator[tuple[Deployment, Loop]]:
    """Start the local cloud, deploy an assembly to it, and end both on the way out."""
    with Loop(assembly=assembly, log_dir=logs) as loop:
        with phases.phase("deploy") as phase:
            outputs = loop.deploy(report=phase.report)
        session = boto3.Session(
            aws_access_key_id="local",
            aws_secret_access_key="local",  # noqa: S106 - the local cloud takes any
            region_name=loop.region,
        )
        yield Deployment(usecase, STAGE, outputs, session, loop.endpoint_url), loop


def run_deployed(plan: Plan, deployment: Deployment, loop: Loop, phases: Phases) -> Result:
    """Backfill, train, roll out, stream and account in a loop that is up."""
    with phases.phase("history") as phase:
        written = backfill(deployment, History.of(plan), plan.out / "quality", phase.report)
    with phases.phase("train") as phase:
        package = train(deployment, written.training_prefix, written.training_rows, "manual", phase.report)
    with phases.phase("rollout") as phase:
        status = approve(deployment, package, phase.report)
    api = InferenceApi(deployment.output("serving", "ApiUrl"), deployment.session)
    with phases.phase("stream") as phase:
        streamed = stream(deployment, loop, api, plan, phase.report)
    with phases.phase("account") as phase:
        loop.flush()
        counted = account(deployment)
        predictions = read_predictions(deployment)
        phase.at(doing=f"{counted.events_sent:,} sent, {counted.unaccounted} unaccounted")
    return Result(
        account=counted,
        backfill=written,
        streamed=streamed,
        predictions=predictions,
        agreement=agreement(predictions, streamed.answers),
        model_package=package,
        endpoint_status=status,
        evaluation=evaluation(deployment, package),
        rejected=list(islice(_rejected(deployment), EXAMPLES)),
        label_files=len(lake.keys(deployment, "labels-inbox-receipts/")),
        phases_s=phases.seconds,
    )


def _rejected(deployment: Deployment) -> Iterator[dict[str, object]]:
    for document in lake.read_json_lines(deployment, "quarantine/enrichment/"):
        yield {"field": document.get("field"), "reason": document["reason"]}


def _require_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "logs").mkdir(exist_ok=True)
    except OSError as exc:
        raise UseCaseError(
            "--out", f"{out} cannot hold results ({exc.strerror})", "name a folder that can be written"
        ) from exc


def synthesize(usecase: str, assembly: Path) -> None:
    """Write the cloud assembly of a use case's local stage.

    Raises:
        SynthError: with the end of what the app printed.
    """
    command = [
        sys.executable,
        str(ROOT / "app.py"),
        "--context",
        f"usecase={usecase}",
        "--context",
        f"stage={STAGE}",
        "--output",
        str(assembly.resolve()),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=dict(os.environ))  # noqa: S603 - our own app
    if done.returncode:
        raise SynthError(f"app.py failed: {done.stderr.strip()[-2000:]}")
