"""History is written as the stream would have left it, and running it again changes nothing."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

import simulators
import usecases
from cli import lake
from cli.backfill import backfill
from cli.deployment import Deployment
from cli.plan import Plan
from headrace.errors import UseCaseError
from headrace.features import FeatureSet
from headrace.usecase import UseCase

START = 1_767_225_600
DAYS = 12
AT = START + DAYS * 86_400


def plan(usecase: UseCase) -> Plan:
    world = simulators.load("fraud")(start=START, days=DAYS, per_day=60, seed=5)
    return Plan(
        usecase=usecase,
        history=world,
        events=world.head(0),
        at=AT,
        label_delay_s=usecase.label.delay_s,
        out=Path("unused"),
    )


def run(deployment: Deployment) -> Plan:
    given = plan(deployment.usecase)
    written = backfill(deployment, given, lambda _done, _total, _doing: None)
    assert written.events == len(given.history)
    assert written.training_rows == written.labels == len(given.labels_known(None, AT))
    return given


def items(deployment: Deployment) -> list[dict[str, object]]:
    found = deployment.dynamodb.scan(TableName="state")["Items"]
    return sorted(found, key=lambda item: (item["entity"]["S"], item["source"]["S"]))


def test_state_counts_every_event_once_per_entity_and_can_be_read_by_the_functions(deployment: Deployment) -> None:
    given = run(deployment)
    features = FeatureSet(deployment.usecase)
    for entity in ("customer", "terminal"):
        held = [one for one in items(deployment) if one["entity"]["S"].startswith(f"{entity}#")]  # type: ignore[index]
        events = [one for one in held if one["source"] == {"S": "events#backfill"}]
        assert sum(int(one["folded"]["N"]) for one in events) == len(given.history)  # type: ignore[index]
        for one in events:
            assert features.decode(entity, "events", one["state"]["B"]).newest is not None  # type: ignore[index]


def test_every_event_is_in_the_lake_under_its_own_hour(deployment: Deployment) -> None:
    given = run(deployment)
    hours = {f"{moment:%Y-%m-%d/%H}" for moment in map(_moment, given.history["timestamp"])}
    found = {key.replace("dt=", "").replace("hh=", "").split("/", 1)[1] for key in lake.keys(deployment, "events/")}
    assert found == {f"{hour}/backfill.parquet" for hour in hours}


def test_running_it_again_writes_the_same(deployment: Deployment) -> None:
    run(deployment)
    first, objects = items(deployment), lake.keys(deployment, "")
    run(deployment)
    unchanged = ("entity", "source", "state", "mark", "folded")
    assert [[one[name] for name in unchanged] for one in items(deployment)] == [
        [one[name] for name in unchanged] for one in first
    ]
    assert lake.keys(deployment, "") == objects


def test_history_with_a_hashed_field_is_refused_before_anything_is_written(deployment: Deployment) -> None:
    fraud = usecases.load("fraud")
    fields = tuple(replace(one, privacy="hash") if one.name == "terminal_id" else one for one in fraud.event.fields)
    hashed = replace(fraud, event=replace(fraud.event, fields=fields))
    with pytest.raises(UseCaseError, match=r"fields\[terminal_id\]\.privacy: a backfill cannot hash"):
        backfill(replace(deployment, usecase=hashed), plan(hashed), lambda _done, _total, _doing: None)
    assert lake.keys(deployment, "") == []


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
