"""A run tells readings before the events that look them up, and sends those without what is looked up."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import simulators
import usecases
from cli.plan import Plan
from cli.producer import event_records
from cli.simulated import plan_of
from cli.stream import Streamed, _chunks, _tell

START, DAY = 1_767_225_600, 86_400
FILLED = {"temperature", "rain_mm", "visitors_nearby"}
RIDES = usecases.load("rides")


@pytest.fixture(scope="module")
def plan() -> Plan:
    world = simulators.load("rides")(start=START, days=6, per_day=300, seed=2)
    return plan_of(RIDES, world, at=START + 2 * DAY, out=Path("out"))


class Deployed:
    """A bucket that remembers what was put."""

    bucket = "lake"

    def __init__(self) -> None:
        self.s3 = self
        self.put: dict[str, list[dict[str, Any]]] = {}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> None:
        assert Bucket == "lake"
        self.put[Key] = [json.loads(line) for line in Body.splitlines()]


def test_events_are_sent_without_what_is_looked_up(plan: Plan) -> None:
    assert set(plan.events) >= FILLED
    sent = json.loads(next(event_records(RIDES, plan.as_sent(plan.events))).data)
    assert not FILLED & sent.keys()
    assert {"zone_id", "city_id", "requests"} <= sent.keys()


def test_every_reading_is_told_once_before_the_events_of_its_time(plan: Plan) -> None:
    deployed, done, timestamp = Deployed(), Streamed(labels_until=plan.at), "timestamp"
    for chunk in _chunks(plan):
        assert chunk[timestamp].iloc[-1] - chunk[timestamp].iloc[0] < DAY
        _tell(deployed, plan, int(chunk[timestamp].iloc[-1]) + 1, done)  # type: ignore[arg-type]  # what it needs of one
    told = pd.DataFrame([row for key, rows in deployed.put.items() if "/weather/" in key for row in rows])
    assert not told.duplicated(["city_id", timestamp]).any()
    assert len(told) == len(plan.readings["weather"])
    assert done.readings == sum(map(len, plan.readings.values()))
    assert all(key.startswith(("lookups-inbox/weather/", "lookups-inbox/visitors/")) for key in deployed.put)


def test_the_chunks_are_all_events_in_order(plan: Plan) -> None:
    pd.testing.assert_frame_equal(pd.concat(list(_chunks(plan))), plan.events)


def test_a_use_case_without_look_ups_sends_its_events_as_they_are(tmp_path: Path) -> None:
    world = simulators.load("fraud")(start=START, days=2, per_day=100, seed=2)
    other = plan_of(usecases.load("fraud"), world, at=START + DAY, out=tmp_path)
    assert other.as_sent(other.events).equals(other.events)
    assert len(list(_chunks(other))) == 1
