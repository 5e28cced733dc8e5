"""Windows are added to the deployed use case while events stream: no batch fails, no event is lost, vectors are exact.

The loop keeps the new windows, as a deployed platform does, for feature groups only grow. Other tests do not notice:
models read features by name.
"""

import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fed_loop import Fed

import simulators
from cli import lake, producer
from cli.accounting import account
from cli.deployment import Deployment
from cli.loop_run import ROOT
from cli.rebuild.terms import Rebuilt, Scope
from cli.rebuild.writing import rebuild
from headrace.usecase import UseCase, Window
from headrace.windows_columnar import training_frame
from local.deploy import deploy

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(900)]

# A terminal's events come by several shards at once, so that only a delayed window says the same in any order.
ADDED = (
    Window(entity="customer", function="min", over="amount", lengths=("7d",), fill=0.0),
    Window(entity="terminal", function="distinct", over="customer_id", lengths=("45d",), delay="1d"),
)
SOURCE = """
        Window(entity="customer", function="min", over="amount", lengths=("7d",), fill=0.0),
        Window(entity="terminal", function="distinct", over="customer_id", lengths=("45d",), delay="1d"),
"""
EVENTS = 1_500
PER_CHUNK = 50


@pytest.fixture(scope="module")
def evolved(fed: Fed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The assembly of a checkout whose use case has two more windows."""
    checkout = tmp_path_factory.mktemp("evolved")
    for name in ("headrace", "usecases", "lambdas", "stacks", "pipelines", "requirements"):
        shutil.copytree(ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("app.py", "cdk.json"):
        shutil.copy(ROOT / name, checkout / name)
    file = checkout / "usecases" / "fraud.py"
    file.write_text(file.read_text().replace("\n    windows=(\n", f"\n    windows=({SOURCE}", 1))
    context = ["--context", "usecase=fraud", "--context", "stage=local"]
    subprocess.run([sys.executable, "app.py", *context, "--output", "cdk.out"], cwd=checkout, check=True)
    return checkout / "cdk.out"


class Streaming(threading.Thread):
    """Sends events until all are sent or an error comes, which it keeps for the test to see."""

    def __init__(self, fed: Fed, events: pd.DataFrame) -> None:
        super().__init__()
        self._fed, self._events = fed, events
        self.sent = 0
        self.error: Exception | None = None

    def run(self) -> None:
        deployment = self._fed.deployment
        stream = deployment.output("ingestion", "EventsStreamName")
        try:
            for start in range(0, len(self._events), PER_CHUNK):
                chunk = self._events.iloc[start : start + PER_CHUNK]
                records = producer.event_records(deployment.usecase, chunk)
                self.sent += producer.put(deployment.kinesis, stream, records)
                self._fed.loop.wait_idle()
        except Exception as exc:
            self.error = exc


@pytest.fixture(scope="module")
def later(fed: Fed) -> pd.DataFrame:
    """Two days of events after those that the loop was fed with."""
    last = int(fed.plan.events["timestamp"].max()) + 1
    world = simulators.load("fraud")(start=last, days=2, per_day=EVENTS // 2, seed=12)
    world["event_id"] = "later-" + world["event_id"].astype(str)
    return world.drop(columns="fraud")


@pytest.fixture(scope="module")
def outcome(fed: Fed, evolved: Path, later: pd.DataFrame) -> tuple[UseCase, Rebuilt]:
    """Events, with a deployment in their midst, the rebuild, and events again."""
    usecase = replace(fed.deployment.usecase, windows=(*ADDED, *fed.deployment.usecase.windows))
    streaming = Streaming(fed, later.iloc[: EVENTS // 2])
    streaming.start()
    deploy(evolved, fed.loop.endpoint_url)
    streaming.join(300)
    fed.loop.wait_idle()
    fed.loop.flush()
    assert streaming.error is None
    new = Deployment(usecase, "local", fed.deployment.outputs, fed.deployment.session, fed.deployment.endpoint_url)
    found = rebuild(new, Scope(), lambda *_: None)
    after = Streaming(fed, later.iloc[EVENTS // 2 :])
    after.run()
    assert after.error is None
    fed.loop.flush()
    return usecase, found


def vectors(fed: Fed) -> pd.DataFrame:
    """The logged vectors of the later events, one per event."""
    rows = lake.read_parquet(fed.deployment, "features/").to_pandas()
    return rows[rows["event_id"].str.startswith("later-")].drop_duplicates("event_id").set_index("event_id")


def batch(fed: Fed, usecase: UseCase, later: pd.DataFrame) -> pd.DataFrame:
    """The same vectors by the columnar kernel, without labels: what they decide is compared elsewhere."""
    label = usecase.label.field
    past = pd.concat([fed.plan.history, fed.plan.events]).drop(columns=label)
    frame = training_frame(usecase, pd.concat([past, later]))
    return frame[frame["event_id"].str.startswith("later-")].set_index("event_id")


def differing(logged: pd.DataFrame, wanted: pd.DataFrame, names: list[str]) -> dict[str, int]:
    """How many values differ, by feature."""
    logged, wanted = logged.loc[wanted.index, names].astype(float), wanted[names].astype(float)
    close = np.isclose(logged, wanted, rtol=1e-9, atol=1e-9, equal_nan=True)
    return {name: int((~close[:, number]).sum()) for number, name in enumerate(names) if not close[:, number].all()}


@pytest.mark.local
def test_no_event_is_lost_and_no_batch_fails(fed: Fed, outcome: tuple[UseCase, Rebuilt], later: pd.DataFrame) -> None:
    counted = account(fed.deployment)
    assert (counted.unaccounted, counted.events_dead_lettered) == (0, 0)
    assert set(later["event_id"]) == set(vectors(fed).index)


@pytest.mark.local
def test_old_features_are_exact_before_during_and_after(
    fed: Fed, outcome: tuple[UseCase, Rebuilt], later: pd.DataFrame
) -> None:
    usecase = fed.deployment.usecase
    names = [name for name in usecase.feature_names if "fraud" not in name]
    assert differing(vectors(fed), batch(fed, usecase, later), names) == {}


@pytest.mark.local
def test_new_features_are_exact_after_the_rebuild(
    fed: Fed, outcome: tuple[UseCase, Rebuilt], later: pd.DataFrame
) -> None:
    usecase, found = outcome
    assert found.failures() == []
    assert found.partial > 0
    names = [name for window in ADDED for name in (it.name for it in window.features)]
    wanted = batch(fed, usecase, later).loc[later["event_id"].iloc[EVENTS // 2 :]]
    assert differing(vectors(fed), wanted, names) == {}
