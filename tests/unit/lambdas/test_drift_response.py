"""Drift response: what each decision leaves behind, and what it asks for."""

import json
from dataclasses import replace

import pytest
from reaction_signals import COMMON, DEPLOYED, FRAUD, MODEL, WORSE, alarm
from reaction_world import ENDPOINT, World, drift, envelope, own_event, s3_event

from headrace.events import (
    DriftDetected,
    ModelRollbackRequested,
    ModelRolledBack,
    RetrainingFinished,
    RetrainingRequested,
)


@pytest.fixture
def world() -> World:
    return World(FRAUD)


def test_a_decision_is_one_record_with_inputs_in_table_and_lake(world: World) -> None:
    world.handle(world.window(1, drift("amount", 0.4)))
    (record,) = world.records.values()
    assert record.inputs["finding"]["distances"] == {"amount": 0.4}
    assert record.inputs["weighed"]["streak"] == 1
    line = json.loads(world.objects[f"decisions/{record.lake_name}"])
    assert (line["id"], line["action"], line["reason"]) == (record.id, "notify", record.reason)
    (event,) = world.of(DriftDetected)
    assert (event.severity, event.features, event.cause) == ("high", ("amount",), "drift")
    assert event.source_uri.startswith("s3://lake/monitoring/")
    assert world.told == [("Note: fraud dev notify", False)]


def test_broken_data_page_and_freeze(world: World) -> None:
    gone = {
        "feature_name": "amount",
        "constraint_check_type": "missing_column_check",
        "description": "There is no amount.",
    }
    for hour in (1, 2, 3, 4):
        world.handle(world.window(hour, gone))
    assert world.actions() == ["freeze", "ignore", "ignore", "ignore"]
    assert world.told == [("PAGE: fraud dev freeze", True)]
    assert "amount" in world.remembered.frozen
    assert {it.cause for it in world.of(DriftDetected)} == {"upstream"}
    assert not world.of(RetrainingRequested)


def test_quality_that_falls_after_a_rollout_brings_the_previous_model_back(world: World) -> None:
    world.handle(own_event(DEPLOYED, time="2026-01-01T00:00:00Z"))
    world.handle(world.window(5, WORSE, kind="model-quality"))
    (asked,) = world.of(ModelRollbackRequested)
    assert asked.model_package_arn == f"{MODEL}1"
    assert asked.rolled_back_model_package_arn == f"{MODEL}2"
    assert asked.decision_id in world.records
    assert world.told[-1] == ("PAGE: fraud dev roll back", True)
    back = replace(DEPLOYED, model_package_arn=f"{MODEL}1", previous_model_package_arn=f"{MODEL}2")
    rolled = ModelRolledBack(
        **COMMON, model_package_arn=f"{MODEL}1", rolled_back_model_package_arn=f"{MODEL}2", endpoint_name=ENDPOINT,
        trigger="quality", reason="live quality fell",
    )  # fmt: skip
    for event in (back, rolled):
        world.handle(own_event(event, time="2026-01-01T06:00:00Z"))
    assert (world.remembered.deployed.arn, world.remembered.deployed.previous) == (f"{MODEL}1", "")
    world.handle(world.window(9, WORSE, kind="model-quality"))
    assert len(world.of(ModelRollbackRequested)) == 1


def test_an_alarm_of_the_endpoint_within_the_watch_brings_the_previous_model_back(world: World) -> None:
    for body in (own_event(DEPLOYED, time="2026-01-01T00:00:00Z"), alarm(EndpointName=ENDPOINT, VariantName="main")):
        world.handle(body)
    assert len(world.of(ModelRollbackRequested)) == 1


def test_an_alarm_of_the_endpoint_at_another_time_is_told(world: World) -> None:
    world.handle(alarm(EndpointName=ENDPOINT))
    assert world.actions() == ["notify"]
    world.handle(alarm("OK", EndpointName=ENDPOINT))
    assert sorted(world.actions()) == ["ignore", "notify"]


def test_an_alarm_of_a_monitor_is_told_and_trains_nothing(world: World) -> None:
    world.handle(alarm(namespace="Headrace/Monitor", UseCase="fraud"))
    world.handle(alarm(namespace="aws/sagemaker/Endpoints/data-metrics", Endpoint=ENDPOINT))
    assert set(world.actions()) == {"notify"}


def test_labels_by_file_start_a_training_when_there_are_enough() -> None:
    world = World(replace(FRAUD, reaction=replace(FRAUD.reaction, new_labels=100)))
    for number in (1, 2, 3):
        key = f"labels-inbox-receipts/{number}.json"
        world.objects[key] = json.dumps({"sent": 60}).encode()
        world.handle(s3_event(key, time=f"2026-01-01T0{number}:00:00Z"))
    assert world.actions() == ["ignore", "retrain", "ignore"]
    (asked,) = world.of(RetrainingRequested)
    assert asked.trigger == "new_labels"


def test_labels_of_the_judged_answers_are_counted(world: World) -> None:
    folder = f"monitoring/{ENDPOINT}/{ENDPOINT}-model-quality/2026/01/01/03/"
    about = {"dataset": {"item_count": 700}, "headrace": {"positives": 30}}
    world.objects[f"{folder}model_quality.json"] = json.dumps(about).encode()
    world.handle(world.window(3, WORSE, kind="model-quality"))
    (window,) = world.remembered.of("model_quality")
    assert (window.labels, window.positives) == (700, 30)


def test_a_training_that_was_cut_is_released_and_announced_in_its_place(world: World) -> None:
    given = json.dumps({"RequestId": "r1", "TriggerReason": "drift"})
    detail = {"executionArn": "arn:run", "name": "run", "status": "TIMED_OUT", "input": given}
    kind = "Step Functions Execution Status Change"
    world.handle(envelope("aws.states", kind, detail, time="2026-01-01T03:00:00Z"))
    assert world.released == ["arn:run"]
    (ended,) = world.of(RetrainingFinished)
    assert (ended.request_id, ended.trigger, ended.outcome) == ("r1", "drift", "aborted")
    assert world.claimed == {"r1": "arn:run"}


def test_a_copy_of_a_training_that_was_cut_ends_nothing(world: World) -> None:
    world.claimed["r1"] = "arn:first"
    given = json.dumps({"RequestId": "r1", "TriggerReason": "drift"})
    detail = {"executionArn": "arn:copy", "name": "copy", "status": "ABORTED", "input": given}
    kind = "Step Functions Execution Status Change"
    assert world.handle(envelope("aws.states", kind, detail, time="2026-01-01T03:00:00Z")).action == "ignore"
    assert not world.released
    assert not world.of(RetrainingFinished)
