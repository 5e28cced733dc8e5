"""The handbook's transactions through the deployed stream: the vectors in the lake equal those of its own code.

The past is backfilled, labels as far as they were known by then; the others come by the labels stream as they become
known. Nothing is trained: which features an event has does not depend on who scores it.
"""

import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

import usecases
from cli import event_file, lake
from cli.accounting import Account, account
from cli.api import InferenceApi
from cli.backfill.history import History
from cli.backfill.writing import backfill
from cli.loop_run import started
from cli.phases import Phases
from cli.plan import Plan
from cli.stream import Streamed, stream

sys.path.append(str(Path(__file__).parents[2] / "unit" / "headrace"))
import handbook

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(900)]
FROM = pd.Timestamp("2018-08-08")
EVENTS = 10_000
"""A day and more, so that every hour's labels become known meanwhile."""


@dataclass(frozen=True)
class Run:
    """What went through the stream, and what the lake holds of it: ``vectors`` has one row per event."""

    plan: Plan
    streamed: Streamed
    account: Account
    vectors: pd.DataFrame


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    usecase = usecases.load("fraud")
    events = event_file.read([handbook.folder() / "transactions.parquet"], usecase, handbook.FIELDS).frame
    at = int(FROM.timestamp())
    moment = events["timestamp"]
    past = (moment >= at - handbook.HISTORY_DAYS * 86_400) & (moment < at)
    return Plan(
        usecase=usecase,
        history=events[past].reset_index(drop=True),
        events=events[moment >= at].head(EVENTS).reset_index(drop=True),
        at=at,
        label_delay_s=usecase.label.delay_s,
        out=tmp_path_factory.mktemp("handbook"),
        asked_per_chunk=0,
    )


@pytest.fixture(scope="module")
def run(planned: Plan, assembly: Path) -> Iterator[Run]:
    """Backfilled, streamed and delivered."""
    phases = Phases(Console(file=io.StringIO()))
    with started(planned.usecase, assembly, planned.out / "logs", phases) as (deployment, loop):
        backfill(deployment, History.of(planned), planned.out, lambda *_: None)
        api = InferenceApi(deployment.output("serving", "ApiUrl"), deployment.session)
        streamed = stream(deployment, loop, api, planned, lambda *_: None)
        loop.flush()
        rows = lake.read_parquet(deployment, "features/").to_pandas()
        yield Run(planned, streamed, account(deployment), rows.drop_duplicates("event_id"))


@pytest.fixture(scope="module")
def compared(run: Run) -> pd.DataFrame:
    """The vectors (by our names) next to the handbook's (by theirs)."""
    vectors = run.vectors.assign(TRANSACTION_ID=run.vectors["event_id"].astype(int))
    everything = pd.concat([run.plan.history, run.plan.events])
    tied = everything[everything.duplicated(["customer_id", "timestamp"], keep=False)]["event_id"]
    vectors["tied"] = vectors["event_id"].isin(tied)
    return vectors.merge(handbook.oracle(), on="TRANSACTION_ID", validate="one_to_one")


def test_every_event_of_the_stretch_has_its_vector_in_the_lake(run: Run, compared: pd.DataFrame) -> None:
    assert (run.account.unaccounted, run.account.events_dead_lettered, run.account.events_quarantined) == (0, 0, 0)
    assert set(compared["event_id"]) == set(run.plan.events["event_id"])
    assert len(compared) == EVENTS


def test_labels_become_known_while_events_stream(run: Run) -> None:
    assert run.streamed.labels > EVENTS / 2


@pytest.mark.parametrize("ours", handbook.ORACLE)
def test_the_streamed_feature_equals_the_handbooks_except_for_a_customers_ties_within_a_second(
    compared: pd.DataFrame, ours: str
) -> None:
    differs = ~np.isclose(compared[ours].astype(float), compared[handbook.ORACLE[ours]], rtol=1e-9, atol=1e-12)
    allowed = compared["tied"] if ours.startswith("customer") else np.zeros(len(compared), dtype=bool)
    assert compared.loc[differs & ~allowed, "TRANSACTION_ID"].tolist() == []
    assert differs.sum() <= 4
