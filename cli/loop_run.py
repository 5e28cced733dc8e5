"""One run of the whole loop on this machine: synthesize, deploy, history, train, roll out, stream, account."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
from rich.console import Console

from cli.api import InferenceApi
from cli.backfill.history import History
from cli.backfill.writing import backfill
from cli.batch_scoring import score_batch
from cli.deployment import Deployment
from cli.phases import Phases
from cli.plan import Plan, Report
from cli.run_result import Result, result_of
from cli.stream import Streamed, stream
from cli.tenant_answers import load_models
from cli.tenant_models import TenantModel, train_tenants
from cli.training import approve, train
from headrace.errors import HeadraceError, UseCaseError
from headrace.usecase import UseCase
from local.loop import Loop

ROOT = Path(__file__).resolve().parent.parent
STAGE = "local"
Streaming = Callable[[Deployment, Loop, InferenceApi, Plan, Report], Streamed]
"""How a plan's events are carried through the loop, for example ``cli.stream.stream``."""


class SynthError(HeadraceError):
    """The templates could not be synthesized."""


def run_loop(plan: Plan, console: Console) -> Result:
    """Run the whole loop and stop everything that it started.

    Raises:
        HeadraceError: naming the phase's problem; the logs are kept in the plan's folder.
    """
    phases = Phases(console)
    assembly = prepared(plan, phases)
    with started(plan.usecase, assembly, plan.out / "logs", phases) as (deployment, loop):
        return run_deployed(plan, deployment, loop, phases)


def prepared(plan: Plan, phases: Phases) -> Path:
    """Make the folder of results, and synthesize into it."""
    require_folder(plan.out)
    assembly = plan.out / "cdk.out"
    with phases.phase("synth") as phase:
        synthesize(plan.usecase.name, assembly)
        phase.at(doing=f"{len(list(assembly.glob('*.template.json')))} templates")
    return assembly


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


def run_deployed(
    plan: Plan, deployment: Deployment, loop: Loop, phases: Phases, *, streaming: Streaming = stream
) -> Result:
    """Backfill, train, roll out, stream and account in a loop that is up; ``streaming`` carries the events."""
    with phases.phase("history") as phase:
        written = backfill(deployment, History.of(plan), plan.out / "quality", phase.report)
    with phases.phase("train") as phase:
        package = train(deployment, written.training_prefix, written.training_rows, "manual", phase.report)
    tenants: list[TenantModel] = []
    if plan.usecase.serving.tenant:
        with phases.phase("tenants") as phase:
            tenants = train_tenants(deployment, plan, written.training_prefix, package, phase.report)
    with phases.phase("rollout") as phase:
        approve(deployment, package, phase.report)
        load_models(deployment, [it.tenant for it in tenants])
    api = InferenceApi(deployment.output("serving", "ApiUrl"), deployment.session)
    with phases.phase("stream") as phase:
        streamed = streaming(deployment, loop, api, plan, phase.report)
    loop.flush()
    if plan.usecase.serving.kind == "batch":
        with phases.phase("batch") as phase:
            score_batch(deployment, phase.report)
    return result_of(deployment, written, streamed, package, phases, tenants=tenants)


def require_folder(out: Path) -> None:
    """Make the folder of a run's results.

    Raises:
        UseCaseError: if it cannot hold any.
    """
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
