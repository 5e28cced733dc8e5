"""A rule that changes while inputs stay: how many events pass until quality says so, and that the data never do."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
import xgboost as xgb

from headrace.drift import compare, summarize
from headrace.drift.model_quality import Quality, judge
from pipelines.monitoring.quality import quality_of
from simulators.fraud import DAY_S, simulate

START, DAYS, PER_DAY, LEARNED, KNOWN = 1_767_571_200, 42, 1_000, 21, 28
COLUMNS = ("amount", "habit", "hour")
STEP = 250
MOST = 6_000
THRESHOLD = 0.1


@dataclass(frozen=True)
class World:
    """A model that learned three weeks, how good it was in the fourth, and two weeks of answers after that."""

    answers: pd.DataFrame
    normal: pd.DataFrame
    quality: Quality


@pytest.fixture(scope="module")
def world() -> World:
    events = simulate(start=START, days=DAYS, per_day=PER_DAY, seed=5)
    events["hour"] = events["timestamp"] // 3_600 % 24
    mean = events.groupby("customer_id")["amount"].transform(lambda it: it.expanding().mean().shift(fill_value=50.0))
    events["habit"] = events["amount"] / mean
    day = (events["timestamp"] - START) // DAY_S
    learned, after = events[day < LEARNED], events[day >= LEARNED]
    model = xgb.train(
        {"objective": "binary:logistic", "max_depth": 4, "seed": 0, "nthread": 1},
        xgb.DMatrix(learned[list(COLUMNS)], learned["fraud"]),
        num_boost_round=40,
    )
    answers = after.assign(score=model.predict(xgb.DMatrix(after[list(COLUMNS)])))
    known = day[answers.index] < KNOWN
    normal, now = answers[known], answers[~known]
    quality = quality_of(normal["fraud"].to_numpy(), normal["score"].to_numpy(), THRESHOLD)
    return World(answers=now, normal=normal, quality=quality)


def turned(answers: pd.DataFrame) -> np.ndarray:
    """Labels after the rule turned round: as many frauds, and the smallest sums are theirs."""
    return (answers["amount"].rank(method="first") <= answers["fraud"].sum()).to_numpy().astype(int)


def first_degraded(world: World, labels: np.ndarray) -> int | None:
    """After how many events the first verdict is DEGRADED; None if none is."""
    scores = world.answers["score"].to_numpy()
    for events in range(STEP, MOST + 1, STEP):
        found = quality_of(labels[:events], scores[:events], THRESHOLD)
        if judge(world.quality, found).status == "DEGRADED":
            return events
    return None


def test_a_rule_that_turned_is_found_by_quality_once_twenty_frauds_are_labelled(world: World) -> None:
    labels = turned(world.answers)
    events = first_degraded(world, labels)
    assert events is not None
    twenty = int(np.flatnonzero(np.cumsum(labels) >= 20)[0])
    assert twenty < events <= twenty + STEP


def test_the_same_model_on_the_same_events_is_healthy_while_the_rule_stands(world: World) -> None:
    assert first_degraded(world, world.answers["fraud"].to_numpy()) is None


def test_the_data_say_nothing_after_any_day(world: World) -> None:
    normal = summarize({name: world.normal[name].to_numpy() for name in COLUMNS})
    since = world.answers["timestamp"].min() // DAY_S
    for days in range(1, 15):
        now = world.answers[world.answers["timestamp"] // DAY_S < since + days]
        assert compare(normal, summarize({name: now[name].to_numpy() for name in COLUMNS})).violations == ()
