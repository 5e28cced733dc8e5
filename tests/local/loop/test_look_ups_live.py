"""Readings by file, then events without them, through a deployed loop: lake and vectors hold what was true then."""

import io
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from rich.console import Console

import simulators
import usecases
from cli import lake
from cli.api import InferenceApi
from cli.deployment import Deployment
from cli.loop_run import started, synthesize
from cli.phases import Phases
from cli.plan import Plan
from cli.simulated import plan_of
from cli.stream import Streamed, stream

pytestmark = pytest.mark.nightly
START, DAY = 1_767_225_600, 86_400
FILLED = ["temperature", "rain_mm", "visitors_nearby"]


@dataclass(frozen=True)
class Run:
    """What went through the loop, and what it left."""

    deployment: Deployment
    plan: Plan
    done: Streamed
    asked: list[dict[str, object]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Three days of a city whose reports say nothing of weather and visitors."""
    usecase, out = usecases.load("rides"), tmp_path_factory.mktemp("rides")
    synthesize(usecase.name, out / "cdk.out")
    world = simulators.load(usecase.name)(start=START, days=3, per_day=300, seed=5)
    plan = plan_of(usecase, world, at=START, out=out)
    with started(usecase, out / "cdk.out", out / "logs", Phases(Console(file=io.StringIO()))) as (deployment, loop):
        api = InferenceApi(deployment.output("serving", "ApiUrl"), deployment.session)
        done = stream(deployment, loop, api, plan, lambda *_: None)
        last = plan.as_sent(plan.events).drop(columns="short").tail(1).to_dict("records")
        asked = [api.predict({str(name): value for name, value in it.items()}).body for it in last]
        loop.flush()
        yield Run(deployment, plan, done, asked)


def _rows(run: Run, folder: str, columns: list[str]) -> pd.DataFrame:
    rows = lake.read_parquet(run.deployment, folder, ["event_id", *columns]).to_pandas()
    return rows.drop_duplicates("event_id").set_index("event_id").sort_index()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("folder", ["events/", "features/"])
def test_every_row_of_the_lake_and_every_vector_holds_what_was_looked_up(run: Run, folder: str) -> None:
    found, truth = _rows(run, folder, FILLED), run.plan.events.set_index("event_id")[FILLED].sort_index()
    assert_frame_equal(found.astype(float), truth.astype(float), check_exact=True)


def test_every_reading_is_in_the_lake_and_every_file_has_a_receipt(run: Run) -> None:
    kept = list(lake.read_json_lines(run.deployment, "lookups/"))
    assert len(kept) == run.done.readings == sum(map(len, run.plan.readings.values()))
    receipts = list(lake.read_json_lines(run.deployment, "lookups-inbox-receipts/"))
    assert sum(it["sent"] for it in receipts) == len(kept)
    assert {it["problem"] for it in receipts} == {None}


def test_a_request_without_what_is_looked_up_is_answered_and_not_poorer(run: Run) -> None:
    (answer,) = run.asked
    assert answer["reason"] == "no_model"
