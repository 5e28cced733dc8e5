"""What drift response hears of model packages, and how it lives through copies, deaths and news that never come."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from reaction_signals import FRAUD, signal
from reaction_world import Faults, KilledError, World, drift, envelope

from headrace.events import RetrainingRequested
from headrace.reaction import Package
from headrace.usecase import Reaction

USECASE = replace(FRAUD, reaction=Reaction(), monitor=replace(FRAUD.monitor, every="2h"))
CAPTURED = Path(__file__).parents[2] / "events" / "sagemaker_model_package_state_change.json"


def package(verdict: str = "PendingManualApproval", *, changed: str = "2026-01-01T00:30:00Z", **more: Any) -> str:
    detail = {
        "ModelPackageGroupName": "headrace-fraud-dev", "ModelPackageVersion": 7, "ModelPackageArn": "group/7",
        "ModelApprovalStatus": verdict, "CreationTime": "2026-01-01T00:30:00Z", "LastModifiedTime": changed, **more,
    }  # fmt: skip
    return envelope("aws.sagemaker", "SageMaker Model Package State Change", detail, time=changed)


def test_the_event_that_aws_sends_is_understood() -> None:
    found = signal(CAPTURED.read_text())
    assert found.content == Package(version=2, verdict="Rejected", since=1_614_186_014, at=1_614_186_014)
    assert found.id.startswith("20210224T170014Z-")


def test_copies_are_one_signal_and_a_later_verdict_is_another() -> None:
    again = json.dumps({**json.loads(package()), "id": "copy"})
    assert signal(package()).id == signal(again).id
    assert signal(package()).id != signal(package("Approved", changed="2026-01-01T01:00:00Z")).id


def test_a_package_that_nobody_is_asked_about_is_ignored() -> None:
    world = World(USECASE)
    without = json.loads(package())
    del without["detail"]["ModelApprovalStatus"]
    assert world.handle(json.dumps(without)).result == "ignored"


def test_a_package_without_its_number_or_time_is_rejected() -> None:
    for name in ("ModelPackageVersion", "CreationTime"):
        broken = json.loads(package())
        del broken["detail"][name]
        assert World(USECASE).handle(json.dumps(broken)).result == "rejected"


def test_people_are_told_who_waits_instead_of_a_second_training_and_the_record_says_so() -> None:
    world = World(USECASE)
    world.handle(package())
    for hour in (2, 4, 6):
        world.handle(world.window(hour, drift("amount", 0.4)))
    assert world.actions() == ["ignore", "notify", "notify", "notify"]
    last = [it for _, it in sorted(world.records.items())][-1]
    assert last.reason.startswith("v7 waits for a person's approval since 2026-01-01T00:30:00Z")
    assert last.inputs["packages"] == [
        {"version": 7, "verdict": "PendingManualApproval", "since": 1_767_227_400, "at": 1_767_227_400}
    ]
    assert [page for _, page in world.told] == [False, False, False]
    assert not world.of(RetrainingRequested)
    world.handle(package("Rejected", changed="2026-01-01T07:00:00Z"))
    world.handle(world.window(8, drift("amount", 0.4)))
    assert len(world.of(RetrainingRequested)) == 1


def test_a_rejection_that_is_lost_holds_back_only_until_the_time_is_up() -> None:
    world = World(replace(USECASE, reaction=Reaction(approval_within="6h")))
    world.handle(package())
    for hour in (2, 4, 6, 8):
        world.handle(world.window(hour, drift("amount", 0.4)))
    assert world.actions() == ["ignore", "notify", "notify", "retrain", "ignore"]


@pytest.mark.parametrize("after", [False, True])
def test_a_function_that_dies_over_a_package_knows_it_once_it_is_told_again(after: bool) -> None:
    calm = World(USECASE)
    calm.handle(package())
    for number in range(calm.faults.calls):
        world = World(USECASE, Faults(number, after=after))
        with pytest.raises(KilledError):
            world.handle(package())
        world.handle(package())
        assert world.remembered == calm.remembered
        assert world.records == calm.records
        assert world.closed == calm.closed
