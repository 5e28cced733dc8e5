"""Batch features: the columnar kernel next to the rolling code of the Fraud Detection Handbook, chapter 3."""

import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

import simulators
from bench.comparison import Comparison, Effort, compare, timed
from bench.handbook import handbook
from bench.peer import peer
from headrace.usecase import UseCase
from headrace.windows_columnar import training_frame

DAYS = (1, 7, 30)
DELAY_DAYS = 7
START = 1_767_225_600
WORLD_DAYS = 60
PER_DAY = 1_000


def comparisons(effort: Effort) -> Iterator[Comparison]:
    """The rows of this benchmark."""
    usecase = handbook()
    world = simulators.load("fraud")(start=START, days=effort.of(WORLD_DAYS), per_day=PER_DAY, seed=1)
    labels = world.assign(labelled_at=world["timestamp"] + usecase.label.delay_s)
    events = world.drop(columns="fraud")
    yield compare(
        "batch features of the handbook",
        ours=lambda: training_frame(usecase, events, labels),
        other=lambda: handbook_features(world),
        other_name="the handbook's pandas groupby and rolling",
        unit="rows/s",
        count=len(world),
        runs=effort.runs,
        goal=20,
    )
    yield _next_to_polars(usecase, world, events, labels, runs=effort.runs)


def _next_to_polars(
    usecase: UseCase, world: pd.DataFrame, events: pd.DataFrame, labels: pd.DataFrame, *, runs: int
) -> Comparison:
    ours_s, theirs_s = [], []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "world.parquet"
        world.to_parquet(path)
        with peer("polars_features", str(path)) as run:
            run()
            for _ in range(runs):
                ours_s.append(timed(lambda: training_frame(usecase, events, labels)))
                theirs_s.append(run())
    return Comparison(
        name="batch features of the handbook",
        ours=len(world) / statistics.median(ours_s),
        other=len(world) / statistics.median(theirs_s),
        other_name="Polars rolling, one thread",
        unit="rows/s",
    )


def handbook_features(transactions: pd.DataFrame) -> pd.DataFrame:
    """The fourteen features as the handbook computes them: per customer and per terminal, one rolling window each."""
    frame = transactions.assign(moment=pd.to_datetime(transactions["timestamp"], unit="s"))
    frame["weekend"] = (frame["moment"].dt.weekday >= 5).astype(int)  # noqa: PLR2004 - Saturday
    frame["night"] = (frame["moment"].dt.hour <= 6).astype(int)  # noqa: PLR2004 - six in the morning
    frame = pd.concat(_customer_windows(group) for _, group in frame.groupby("customer_id"))
    return pd.concat(_terminal_windows(group) for _, group in frame.groupby("terminal_id"))


def _customer_windows(group: pd.DataFrame) -> pd.DataFrame:
    amounts = group.sort_values("moment").set_index("moment")["amount"]
    ordered = group.sort_values("moment").reset_index(drop=True)
    for days in DAYS:
        window = amounts.rolling(f"{days}d")
        ordered[f"customer_count_{days}d"] = window.count().to_numpy()
        ordered[f"customer_mean_{days}d"] = (window.sum() / window.count()).to_numpy()
    return ordered


def _terminal_windows(group: pd.DataFrame) -> pd.DataFrame:
    ordered = group.sort_values("moment").reset_index(drop=True)
    fraud = ordered.set_index("moment")["fraud"]
    delay = fraud.rolling(f"{DELAY_DAYS}d")
    late_fraud, late_count = delay.sum(), delay.count()
    for days in DAYS:
        window = fraud.rolling(f"{DELAY_DAYS + days}d")
        count = window.count() - late_count
        ordered[f"terminal_count_{days}d"] = count.to_numpy()
        ordered[f"terminal_rate_{days}d"] = ((window.sum() - late_fraud) / count).fillna(0).to_numpy()
    return ordered
