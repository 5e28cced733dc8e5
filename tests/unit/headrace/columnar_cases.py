"""A use case with every window function over every type of field, and a history of it."""

from dataclasses import replace

import numpy as np
import pandas as pd
from window_cases import shop

from headrace.usecase import Expression, Field, Window

LENGTHS = ("30s", "5m")


def windows(entity, over):
    """Every function for one entity."""
    numeric = [
        Window(entity=entity, function=function, over="tip", lengths=LENGTHS, resolution="10s")
        for function in ("sum", "mean", "std", "p10", "p50", "p90", "last")
    ]
    return (
        *numeric,
        Window(entity=entity, function="max", over="hour", lengths=LENGTHS),
        Window(entity=entity, function="distinct", over=over, lengths=LENGTHS),
        Window(entity=entity, function="distinct", over="due", lengths=LENGTHS, delay="7s"),
        Window(entity=entity, function="is_new", over="channel", lengths=LENGTHS),
        Window(entity=entity, function="last", over="channel", lengths=LENGTHS),
        Window(entity=entity, function="count", lengths=LENGTHS, current=False),
        Window(entity=entity, function="time_since_last", lengths=LENGTHS),
        Window(entity=entity, function="time_since_first", lengths=LENGTHS, resolution="30s"),
        Window(entity=entity, function="time_since_true", over="online", lengths=LENGTHS),
        Window(entity=entity, function="session_length", lengths=LENGTHS, resolution="10s"),
        Window(entity=entity, function="mean", over="returned", source="labels", lengths=LENGTHS, delay="20s"),
    )


def use_case(*, drop_duplicates=False):
    base = shop()
    fields = (
        *base.event.fields,
        Field(name="items", type="integer", required=False),
        Field(name="channel", type="string", required=False, allowed=("web", "app")),
        Field(name="due", type="timestamp", required=False),
    )
    return replace(
        base,
        event=replace(base.event, fields=fields, drop_duplicates=drop_duplicates),
        windows=(*windows("customer", "shop_id"), *windows("shop", "items")),
        inputs=(*base.inputs, "channel"),
        expressions=(
            Expression(name="above", function="difference", of="amount", against=("customer_tip_mean_30s",), fill=0.0),
            Expression(name="odd", function="outside", of="tip", against=("shop_tip_p10_5m", "shop_tip_p90_5m")),
            Expression(name="spread", function="zscore", of="tip", against=("shop_tip_mean_5m", "shop_tip_std_5m")),
            Expression(name="share", function="ratio", of="tip", against=("shop_tip_sum_5m",)),
        ),
    )


USECASE = use_case()
START = 1_700_000_000


def world():
    """Some hundred events of a few customers and shops, and labels for most, some late and some corrected."""
    rng = np.random.default_rng(5)
    count = 400
    at = START + rng.integers(0, 2_000, count)
    events = pd.DataFrame(
        {
            "event_id": [f"e{number:04}" for number in range(count)],
            "timestamp": at,
            "customer_id": rng.choice(["c", "d", "e"], count),
            "shop_id": rng.choice(["s", "t"], count),
            "amount": rng.integers(0, 100, count) / 4,
            "tip": np.where(rng.random(count) < 0.3, np.nan, rng.integers(0, 10, count)),
            "online": rng.random(count) < 0.5,
            "items": pd.array(np.where(rng.random(count) < 0.2, None, rng.integers(1, 9, count)), dtype="Int64"),
            "channel": np.where(rng.random(count) < 0.2, None, rng.choice(["web", "app"], count)),
            "due": np.where(rng.random(count) < 0.2, np.nan, START + rng.integers(0, 3, count)),
        }
    )
    labels = pd.concat([events, events[::3]])[["event_id", "timestamp", "customer_id", "shop_id"]]
    labels["returned"] = rng.integers(0, 2, len(labels))
    labels["labelled_at"] = labels["timestamp"] + rng.integers(0, 400, len(labels))
    return events, labels
