"""A week of purchases of three customers, small enough to count by hand, and the lake it lies in."""

from pathlib import Path
from typing import Any

import pandas as pd
from lake_files import put_events, put_labels

from headrace.usecase import Band, Decision, Entity, Event, Field, Gate, Label, Model, UseCase, Window
from pipelines.training_set import Order

DAY_S = 86_400
FIRST = 17_622  # 2018-04-01
NOON = FIRST * DAY_S + DAY_S // 2
WINDOWS = (
    Window(entity="customer", function="count", lengths=("1d", "2d")),
    Window(entity="customer", function="sum", over="amount", lengths=("2d",)),
    Window(entity="terminal", function="count", source="labels", lengths=("2d",), delay="1d", name="known"),
    Window(
        entity="terminal", function="sum", over="fraud", source="labels", lengths=("2d",), delay="1d", name="frauds"
    ),
)
Row = dict[str, Any]


def use_case(**changed: Any) -> UseCase:
    """Purchases whose truth is known after a day; ``changed`` changes the event."""
    fields = (
        Field(name="event_id", type="string"),
        Field(name="timestamp", type="timestamp"),
        Field(name="customer_id", type="string"),
        Field(name="terminal_id", type="string"),
        Field(name="amount", type="number"),
    )
    return UseCase(
        name="fraud",
        description="Purchases",
        event=Event(**{"fields": fields, **changed}),
        entities=(Entity(name="customer", key="customer_id"), Entity(name="terminal", key="terminal_id")),
        inputs=("amount",),
        calendar=("hour",),
        windows=WINDOWS,
        label=Label(field="fraud", delay="1d", missed_cost=5, false_alarm_cost=1),
        model=Model(gates=(Gate(metric="auc", minimum=0.5),)),
        decision=Decision(bands=(Band(decision="SHIP", from_score=0),), fallback="SHIP"),
    )


USECASE = use_case()


def order(days: int = 7, **changed: Any) -> Order:
    """The whole week, with every label that came within a fortnight."""
    until = (FIRST + 14) * DAY_S
    return Order(
        **{"usecase": USECASE, "name": "set", "since": FIRST, "until": FIRST + days, "labels_until": until, **changed}
    )


def event(number: int, *, day: int = 0, **changed: Any) -> Row:
    """A purchase at noon of a day, some seconds later for each number."""
    row = {"event_id": f"e{number:03}", "timestamp": NOON + day * DAY_S + number, "customer_id": f"c{number % 3}"}
    return {**row, "terminal_id": f"t{number % 2}", "amount": float(number), **changed}


def label(of: Row, *, after: int = DAY_S, fraud: int | None = None, **changed: Any) -> Row:
    """The truth about a purchase, by default a day later: every fourth was a fraud."""
    own = {name: of[name] for name in ("event_id", "timestamp", "customer_id", "terminal_id")}
    truth = int(of["amount"]) % 4 == 0 if fraud is None else fraud
    return {**own, "fraud": int(truth), "labelled_at": of["timestamp"] + after, **changed}


def week() -> list[Row]:
    """Six purchases a day for seven days."""
    return [event(day * 6 + number, day=day) for day in range(7) for number in range(6)]


def put(lake: Path, events: list[Row], labels: list[Row] | None = None, **where: Any) -> None:
    """Write events, and labels: by default one for each."""
    put_events(lake, pd.DataFrame(events), **where)
    given = [label(it) for it in events] if labels is None else labels
    if given:
        put_labels(lake, given, name=where.get("name", "labels"))


def rows(lake: Path, name: str = "set") -> pd.DataFrame:
    """Everything in a set, by event id."""
    files = sorted((lake / "training" / name).rglob("*.parquet"))
    return pd.concat([pd.read_parquet(it) for it in files]).set_index("event_id")
