"""Hundreds of small histories in one lake, each with customers and shops of its own, and every function over them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from lake_files import put_events, put_labels

from headrace.usecase import (
    Band,
    Decision,
    Entity,
    Event,
    Expression,
    Facet,
    Field,
    Gate,
    Label,
    Model,
    UseCase,
    Window,
)

DAY_S = 86_400
FIRST_DAY = 17_622  # 2018-04-01
DAYS = 6
SHAPES = (("1s", "0s"), ("10s", "0s"), ("1s", "15s"), ("7s", "25s"), ("1h", "0s"))
"""Resolution and delay."""
_OF_TIP = ("sum", "mean", "min", "max", "std", "p10", "p50", "p90", "last")
_ORDER = ("count", "time_since_last", "time_since_first")
_SESSION_LENGTHS = ("90s", "2h", "2d")
_OF_LABELS = ("count", "sum", "mean", "min", "max", "std")


def _lengths(resolution: str) -> tuple[str, ...]:
    return ("2h", "2d") if resolution == "1h" else ("20s", "90s")


def _events(entity: str, other: str, resolution: str, delay: str) -> list[Window]:
    common = {"entity": entity, "lengths": _lengths(resolution), "resolution": resolution, "delay": delay}
    tag = f"{entity}_r{resolution}_d{delay}"
    over = [("tip", it) for it in _OF_TIP] + [("hour", "max"), ("channel", "last"), (other, "distinct")]
    over += [
        ("items", "distinct"),
        ("due", "distinct"),
        ("online", "distinct"),
        ("channel", "is_new"),
        ("items", "is_new"),
    ]
    windows = [Window(name=f"{tag}_{field}_{it}", function=it, over=field, **common) for field, it in over]
    windows += [Window(name=f"{tag}_{it}", function=it, **common) for it in _ORDER]
    windows.append(Window(name=f"{tag}_bought_online", function="time_since_true", over="online", **common))
    if resolution != "1h":  # too coarse to tell one session from the next
        windows.append(
            Window(name=f"{tag}_session", function="session_length", **common | {"lengths": _SESSION_LENGTHS})
        )
    if delay == "0s":
        windows.append(Window(name=f"{tag}_before", function="count", current=False, **common))
    return windows


def _labels(entity: str, resolution: str, delay: str) -> list[Window]:
    return [
        Window(
            name=f"{entity}_labels_{it}_r{resolution}_d{delay}", entity=entity, function=it, source="labels",
            over=None if it == "count" else "returned", lengths=("20s", "90s"), resolution=resolution, delay=delay,
        )
        for it in _OF_LABELS
    ]  # fmt: skip


def use_case(*, shapes: Sequence[tuple[str, str]] = SHAPES, drop_duplicates: bool = False) -> UseCase:
    """Every function, for two kinds of entity, at several resolutions and delays; the first must be undelayed 1 s."""
    pairs = (("customer", "shop_id"), ("shop", "customer_id"))
    windows = [it for entity, other in pairs for shape in shapes for it in _events(entity, other, *shape)]
    windows += [
        it for entity, _ in pairs for shape in (("1s", "20s"), ("10s", "45s")) for it in _labels(entity, *shape)
    ]
    tips = [f"customer_r1s_d0s_tip_{it}_90s" for it in ("mean", "std", "p10", "p90")]
    return UseCase(
        name="cases",
        description="Purchases",
        event=Event(
            fields=(
                Field(name="event_id", type="string"),
                Field(name="timestamp", type="timestamp"),
                Field(name="customer_id", type="string"),
                Field(name="shop_id", type="string"),
                Field(name="tip", type="number", required=False),
                Field(name="items", type="integer", required=False),
                Field(name="online", type="boolean", required=False),
                Field(name="channel", type="string", required=False, allowed=("web", "app")),
                Field(name="due", type="timestamp", required=False),
                Field(name="region", type="string", required=False),
                Field(name="age", type="integer", required=False),
            ),
            drop_duplicates=drop_duplicates,
        ),
        entities=(Entity(name="customer", key="customer_id"), Entity(name="shop", key="shop_id")),
        inputs=("tip", "items", "online", "channel"),
        calendar=("hour", "weekday", "is_weekend", "is_night"),
        windows=tuple(windows),
        expressions=(
            Expression(name="above", function="difference", of="tip", against=(tips[0],), fill=0.0),
            Expression(name="share", function="ratio", of="tip", against=("customer_r1s_d0s_tip_sum_90s",)),
            Expression(name="spread", function="zscore", of="tip", against=(tips[0], tips[1])),
            Expression(name="odd", function="outside", of="tip", against=(tips[2], tips[3])),
        ),
        label=Label(field="returned", delay="20s", missed_cost=5, false_alarm_cost=1),
        model=Model(
            gates=(Gate(metric="auc", minimum=0.5),),
            facets=(Facet(field="region", values=("north",)), Facet(field="age", below=25)),
        ),
        decision=Decision(bands=(Band(decision="SHIP", from_score=0),), fallback="SHIP"),
    )


@dataclass(frozen=True)
class World:
    """Events and labels of all cases, in no order."""

    events: pd.DataFrame
    labels: pd.DataFrame


def world(*, cases: int, seed: int) -> World:
    """Cases of 5 to 80 events: most crowd into minutes around a midnight, some are spread over two days."""
    rng = np.random.default_rng(seed)
    histories = [_history(rng, number) for number in range(cases)]
    events = pd.concat(histories, ignore_index=True)
    return World(events, _truth(rng, events))


def _history(rng: np.random.Generator, number: int) -> pd.DataFrame:
    count = int(rng.integers(5, 80))
    midnight = (FIRST_DAY + int(rng.integers(1, DAYS - 1))) * DAY_S
    spread = int(rng.choice([40, 150, 600, DAY_S]))
    gaps = rng.random((5, count)) < 0.25
    return pd.DataFrame(
        {
            "event_id": [f"{number:04}-{it}" for it in rng.permutation(count)],
            "timestamp": midnight + rng.integers(-spread, spread, count),
            "customer_id": [f"{number:04}c{it}" for it in rng.integers(0, 3, count)],
            "shop_id": [f"{number:04}s{it}" for it in rng.integers(0, 2, count)],
            "tip": np.where(gaps[0], np.nan, np.round(rng.normal(0, 10.0 ** rng.integers(-2, 6), count), 3)),
            "items": pd.array(np.where(gaps[1], None, (1 << 60) + rng.integers(0, 9, count)), dtype="Int64"),
            "online": pd.array(np.where(gaps[2], None, rng.random(count) < 0.5), dtype="boolean"),
            "channel": np.where(gaps[3], None, rng.choice(["web", "app"], count)),
            "region": np.where(gaps[3], None, rng.choice(["north", "south"], count)),
            "age": pd.array(np.where(gaps[1], None, rng.integers(18, 80, count)), dtype="Int64"),
            "due": pd.array(np.where(gaps[4], None, midnight + rng.integers(0, 3, count)), dtype="Int64"),
        }
    )


def _truth(rng: np.random.Generator, events: pd.DataFrame) -> pd.DataFrame:
    """Labels for most events, some of them corrected once or twice."""
    drawn = events.sample(frac=1.2, replace=True, random_state=int(rng.integers(1 << 30)))
    labels = drawn[["event_id", "timestamp", "customer_id", "shop_id"]].reset_index(drop=True)
    given = labels["timestamp"] + rng.integers(0, 120, len(labels))
    return labels.assign(returned=rng.integers(0, 2, len(labels)), labelled_at=given)


def put(lake: Path, it: World, *, seed: int) -> None:
    """Write a world as streams leave it: some events days late, some delivered twice, some from a backfill."""
    rng = np.random.default_rng(seed)
    events = it.events
    late = rng.random(len(events)) < 0.05
    arrived = events["timestamp"] + np.where(
        late, rng.integers(0, 3 * DAY_S, len(events)), rng.integers(0, 30, len(events))
    )
    by_id = dict(zip(events["event_id"], arrived.tolist(), strict=True))
    history = rng.random(len(events)) < 0.2
    streamed = events[~history]
    put_events(lake, streamed, arrived=by_id, name="delivery")
    again = streamed[: len(streamed) // 10]
    put_events(lake, again, arrived=by_id, name="delivered-twice")
    put_events(lake, events[history], shard="backfill", name="backfill")
    put_labels(lake, it.labels.to_dict("records"))
