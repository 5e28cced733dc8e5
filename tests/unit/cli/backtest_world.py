"""A small use case and sixty days of its events, for tests of the backtest."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

import simulators
from cli.backtest.terms import Options
from headrace.usecase import Band, Decision, Entity, Event, Field, Gate, Label, Model, UseCase, Window
from headrace.usecase.learning import Limits

START = 1_767_225_600
DAY_S = 86_400
DAYS = 60
DELAY_DAYS = 2
FROM = START + 40 * DAY_S

USECASE = UseCase(
    name="fraud",
    description="Card fraud in small",
    event=Event(
        fields=(
            Field(name="event_id", type="string"),
            Field(name="timestamp", type="timestamp"),
            Field(name="customer_id", type="string"),
            Field(name="terminal_id", type="string"),
            Field(name="amount", type="number", minimum=0),
        ),
    ),
    entities=(Entity(name="customer", key="customer_id"), Entity(name="terminal", key="terminal_id")),
    inputs=("amount",),
    calendar=("is_weekend", "is_night"),
    windows=(
        Window(entity="customer", function="count", lengths=("1d", "7d")),
        Window(entity="customer", function="mean", over="amount", lengths=("7d",), fill=0.0),
        Window(entity="terminal", function="count", lengths=("7d",), delay="2d"),
        Window(
            entity="terminal", function="mean", over="fraud", source="labels", lengths=("7d",), delay="2d", fill=0.0
        ),
    ),
    label=Label(field="fraud", delay="2d", missed_cost=500, false_alarm_cost=50),
    model=Model(
        hyperparameters={"max_depth": 3, "eta": 0.3, "num_round": 12, "seed": 7, "nthread": 1},
        gates=(Gate(metric="average_precision", minimum=0.01),),
        limits=Limits(gap=1.0, single_feature=1.0, worse_than_champion=1.0, positives=2),
    ),
    decision=Decision(
        bands=(
            Band(decision="APPROVE", from_score=0),
            Band(decision="REVIEW", from_score=0.1),
            Band(decision="BLOCK", from_score=0.85),
        ),
        fallback="REVIEW",
    ),
)


def world(*, seed: int = 5) -> pd.DataFrame:
    """Events and their labels, ordered by time; ids are numbers written as text."""
    made = simulators.load("fraud")(start=START, days=DAYS, per_day=120, seed=seed)
    return made.assign(event_id=[str(number) for number in range(len(made))])


def stored(frame: pd.DataFrame, folder: Path) -> Path:
    """The events as a file."""
    path = folder / "events.parquet"
    frame.to_parquet(path, index=False)
    return path


def options(file: Path, out: Path, **changed: Any) -> Options:
    """Options of a backtest of the small use case, some of them changed."""
    given: Mapping[str, Any] = {
        "files": [file], "usecase": "fraud", "columns": {}, "labels": [], "policies": ["never"], "start": FROM,
        "until": FROM + 14 * DAY_S, "train_days": 30, "delay": None, "step": "7d", "seed": None,
        "freeze_labels": False, "ignore_gates": False, "exact": False, "predictions": None, "out": out,
    }  # fmt: skip
    return Options(**{**given, **changed})
