"""An approval is followed to its end, also where the rollout before it was rolled back."""

from datetime import UTC, datetime

import pytest
from trial_world import ARTIFACTS, Service

import usecases
from cli import training
from cli.deployment import Deployment
from cli.training import RolloutError, approve

PACKAGE = next(iter(ARTIFACTS))
EARLIER, NOW = (datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2))
Seen = tuple[str, datetime | None, str]


def followed(states: list[Seen], monkeypatch: pytest.MonkeyPatch) -> str:
    """Approve a package while the stack goes through these states: status, last update, package."""
    monkeypatch.setattr(training, "POLL_S", 0)
    left = iter(states)
    approved: list[str] = []

    def stacks(_request: object) -> object:
        status, at, package = next(left)
        told = {"StackStatus": status, "Parameters": [{"ParameterKey": "ModelPackageArn", "ParameterValue": package}]}
        return {"Stacks": [{**told, "LastUpdatedTime": at} if at else told]}

    made = Deployment(
        usecases.load("fraud"), "local", {"headrace-fraud-local-serving": {"EndpointName": "e"}}, _Session()
    )
    made.__dict__.update(
        cloudformation=Service("cloudformation", describe_stacks=stacks),
        sagemaker=Service(
            "sagemaker",
            update_model_package=lambda request: approved.append(request["ModelPackageArn"]),
            describe_endpoint=lambda _: {"EndpointStatus": "InService"},
        ),
    )
    status = approve(made, PACKAGE, lambda *_: None)
    assert approved == [PACKAGE]
    return status


class _Session:
    region_name = "eu-west-1"


BUSY, DONE = ("UPDATE_IN_PROGRESS", NOW, "p7"), ("UPDATE_COMPLETE", NOW, PACKAGE)


@pytest.mark.parametrize(
    "before",
    [
        [("CREATE_COMPLETE", None, "")] * 2,
        [("UPDATE_COMPLETE", EARLIER, "p7")] * 2,
        [("UPDATE_ROLLBACK_COMPLETE", EARLIER, "p7")] * 3,
        [("UPDATE_ROLLBACK_IN_PROGRESS", EARLIER, "p7"), ("UPDATE_ROLLBACK_COMPLETE", EARLIER, "p7")],
    ],
    ids=["new", "updated", "rolled back", "being rolled back"],
)
def test_what_came_before_does_not_end_it(before: list[Seen], monkeypatch: pytest.MonkeyPatch) -> None:
    assert followed([*before, BUSY, DONE], monkeypatch) == "InService"


@pytest.mark.parametrize(
    "end",
    [
        ("UPDATE_ROLLBACK_IN_PROGRESS", NOW, "p7"),
        ("UPDATE_ROLLBACK_COMPLETE", NOW, "p7"),
        ("UPDATE_ROLLBACK_FAILED", EARLIER, "p7"),
        ("ROLLBACK_COMPLETE", None, ""),
    ],
)
def test_a_rollout_of_its_own_that_failed_and_a_stack_that_takes_nothing_end_it(
    end: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RolloutError, match=end[0]):
        followed([("UPDATE_ROLLBACK_COMPLETE", EARLIER, "p7"), end], monkeypatch)
