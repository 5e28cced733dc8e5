"""Two versions of a use case, and histories of events and labels that both of them are given."""

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from dynamodb_double import Double
from live_world import Version, World, enriched, work
from moto import mock_aws

from cli.rebuild.terms import Rebuilt, Scope
from cli.rebuild.writing import rebuild
from headrace.usecase import UseCase, Window
from headrace.windows_columnar import training_frame
from lambdas.shared.stream import Record
from usecases import load

DAY_S = 86_400
OLD = load("fraud")
NEW_WINDOWS = (
    Window(entity="customer", function="min", over="amount", lengths=("7d",), fill=0.0),
    Window(entity="customer", function="distinct", over="terminal_id", lengths=("45d",)),
    Window(entity="terminal", function="std", over="amount", lengths=("3d",), resolution="1h", fill=0.0),
    Window(entity="customer", function="mean", over="fraud", source="labels", lengths=("20d",), delay="7d", fill=0.0),
)
NEW = replace(OLD, windows=(NEW_WINDOWS[0], *OLD.windows, *NEW_WINDOWS[1:]))
NOW = int(time.time())


@contextmanager
def running() -> Iterator[World]:
    """An empty platform in memory that will have the new version's tables."""
    passed_on = {"core": {"mock_credentials": True, "passthrough": {"services": ["dynamodb"]}}}
    with mock_aws(config=passed_on), Double() as double, ThreadPoolExecutor(2) as executor:
        yield World(double, executor, NEW)


def events(seed: random.Random, count: int) -> list[dict[str, object]]:
    """In the order of time, but every tenth is up to two days late."""
    rows = []
    for number in range(count):
        at = NOW - 44 * DAY_S + number * 43 * DAY_S // count
        late = seed.randint(0, 2 * DAY_S) if seed.random() < 0.1 else 0
        rows.append(
            {
                "event_id": f"e{number:05}",
                "timestamp": at - late,
                "customer_id": f"c{seed.randint(0, 8)}",
                "terminal_id": f"t{seed.randint(0, 3)}",
                "amount": round(seed.uniform(1, 300), 2),
            }
        )
    return rows


def labels(seed: random.Random, rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Of two thirds of the events older than a week, some corrected later."""
    given = []
    for row in rows:
        due = int(str(row["timestamp"])) + 7 * DAY_S
        for _ in range(seed.choice([0, 1, 1, 2])):
            due += seed.randint(0, 3_600)
            if due < NOW - DAY_S:
                own = {name: it for name, it in row.items() if name != "amount"}
                given.append({**own, "fraud": seed.randint(0, 1), "labelled_at": due})
    return sorted(given, key=lambda it: it["labelled_at"])


def probes() -> list[dict[str, object]]:
    return [
        {"event_id": "~", "timestamp": NOW, "customer_id": f"c{number}", "terminal_id": f"t{number % 4}", "amount": 1.0}
        for number in range(9)
    ]


def expected(usecase: UseCase, past: list[dict[str, object]], given: list[dict[str, object]]) -> list[dict[str, Any]]:
    """The probes' vectors by the columnar kernel, from everything that was sent."""
    found = []
    for probe in probes():
        frame = training_frame(usecase, pd.DataFrame([*past, probe]), pd.DataFrame(given) if given else None)
        row = frame[frame["event_id"] == "~"].iloc[0]
        found.append({name: None if pd.isna(row[name]) else row[name] for name in usecase.feature_names})
    return found


def agree(actual: dict[str, float | None], wanted: dict[str, Any]) -> None:
    assert actual.keys() == wanted.keys()
    for name, value in wanted.items():
        assert actual[name] == (None if value is None else pytest.approx(value, rel=1e-9, abs=1e-9)), name


def run(world: World, usecase: UseCase, scope: Scope | None = None) -> Rebuilt:
    return rebuild(world.deployment(usecase), scope or Scope(), lambda *_: None)


def by_shard(world: World, stream: str) -> list[list[Record]]:
    return [records for records in world.records(stream).values() if records]


def deploy_in_the_middle(world: World, old: Version, new: Version, seed: random.Random, shard: list[Record]) -> None:
    """Old code, then minutes in which both take turns, then new code; at another place for every shard."""
    first, second = sorted(seed.sample(range(len(shard)), 2))
    work(enriched(old), shard[:first], seed)
    for record in shard[first:second]:
        work(enriched(seed.choice([old, new])), [record], seed)
    work(enriched(new), shard[second:], seed)
