"""One deployed loop for the whole session: synthesized, deployed, trained, rolled out and fed once, then looked at."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from fed_loop import Fed
from rich.console import Console

import simulators
import usecases
from cli.api import InferenceApi
from cli.loop_run import run_deployed, started, synthesize
from cli.phases import Phases
from cli.plan import Plan
from cli.simulated import plan_of

START = 1_767_225_600
HISTORY_DAYS = 50
DAYS = 52
PER_DAY = 600
ASKED = 5
"""Events of each chunk that are asked of the API."""
AT = START + HISTORY_DAYS * 86_400


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unmodified templates of the local stage."""
    path = tmp_path_factory.mktemp("assembly") / "cdk.out"
    synthesize("fraud", path)
    return path


@pytest.fixture(scope="session")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """A small simulated world, with six records that no consumer can accept."""
    usecase = usecases.load("fraud")
    world = simulators.load("fraud")(start=START, days=DAYS, per_day=PER_DAY, seed=11)
    return plan_of(usecase, world, at=AT, out=tmp_path_factory.mktemp("loop"), asked_per_chunk=ASKED)


@pytest.fixture(scope="session")
def fed(assembly: Path, plan: Plan) -> Iterator[Fed]:
    """The one loop of the session, after its run."""
    phases = Phases(Console(file=io.StringIO()))
    with started(plan.usecase, assembly, plan.out / "logs", phases) as (deployment, loop):
        result = run_deployed(plan, deployment, loop, phases)
        api = InferenceApi(deployment.output("serving", "ApiUrl"), deployment.session)
        yield Fed(deployment, loop, api, plan, result)
