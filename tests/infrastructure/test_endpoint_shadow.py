"""A challenger in the shadow: copies of requests and no traffic, watched once, then promoted or rejected."""

import json
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from endpoint_kinds import all_of, only, synthesized
from synthesized import joined, listed

from headrace.usecase import Serving, Trial

Body = dict[str, Any]
CONFIG = "AWS::SageMaker::EndpointConfig"


@pytest.fixture(scope="module")
def shadowed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Body]:
    serving = Serving(min_instances=3, trial=Trial(steps=(), shadow=50, bake_s=300))
    return synthesized(Path(tmp_path_factory.mktemp("shadow")) / "assembly", serving)


@pytest.fixture(scope="module")
def states(shadowed: dict[str, Body]) -> dict[str, Any]:
    machine = only(shadowed["scoring"], "AWS::StepFunctions::StateMachine")
    found: dict[str, Any] = json.loads(joined(machine["DefinitionString"]))["States"]
    return found


def test_templates_with_a_shadow_are_clean_for_cfn_lint(shadowed: dict[str, Body]) -> None:
    for noun, body in shadowed.items():
        found = lint(json.dumps(body), config=ManualArgs(regions=["eu-west-1"]))
        assert [str(it) for it in found] == [], noun


def test_one_variant_answers_and_one_gets_copies_while_there_is_a_challenger(shadowed: dict[str, Body]) -> None:
    config = only(shadowed["endpoint"], CONFIG)
    (champion,), (shadow,) = config["ProductionVariants"], config["ShadowProductionVariants"]
    assert (champion["VariantName"], champion["InitialVariantWeight"]) == ("AllTraffic", 1)
    assert shadow["VariantName"] == "Challenger"
    assert shadow["InitialVariantWeight"] == {"Fn::If": ["HasChallenger", 0.5, 0]}
    assert (champion["InitialInstanceCount"], shadow["InitialInstanceCount"]) == (3, 2)
    assert shadow["ModelName"] == {"Fn::GetAtt": ["Challenger", "ModelName"]}


def test_a_share_that_comes_with_the_challenger_is_not_overridden_by_the_one_before(shadowed: dict[str, Body]) -> None:
    endpoint = only(shadowed["endpoint"], "AWS::SageMaker::Endpoint")
    assert endpoint["RetainAllVariantProperties"] is True
    assert endpoint["ExcludeRetainedVariantProperties"] == [{"VariantPropertyType": "DesiredWeight"}]


def test_what_it_would_have_answered_is_captured(shadowed: dict[str, Body]) -> None:
    assert only(shadowed["endpoint"], CONFIG)["DataCaptureConfig"]["EnableCapture"] is True


def test_only_the_champions_alarms_roll_an_update_back(shadowed: dict[str, Body]) -> None:
    update = only(shadowed["endpoint"], "AWS::SageMaker::Endpoint")["DeploymentConfig"]
    assert len(update["AutoRollbackConfiguration"]["Alarms"]) == 2
    assert len(all_of(shadowed["endpoint"], "AWS::CloudWatch::Alarm")) == 4


def test_it_is_loaded_watched_once_and_left_to_somebodys_verdict(states: dict[str, Any]) -> None:
    assert states["Package"]["Next"] == "Load"
    assert states["Load over?"]["Choices"][1]["Next"] == "Watch shadow"
    assert states["Watch shadow"]["Seconds"] == 300
    assert states["Quiet at shadow?"]["Choices"][0]["Next"] == "Alarm"
    assert states["Quiet at shadow?"]["Default"] == "On trial"
    assert states["On trial"]["Type"] == "Succeed"
    assert [it["Next"] for it in states["Verdict?"]["Choices"]] == ["Approve", "Rejected"]


def test_its_end_moves_no_traffic(states: dict[str, Any]) -> None:
    assert (states["Alarm"]["Next"], states["Rejected"]["Next"]) == ("Reject", "Reject")
    assert states["Reject"]["Next"] == "Unload"
    assert states["Take over?"]["Choices"][1]["Next"] == "Passed"
    assert not [name for name, it in states.items() if "updateEndpointWeights" in it.get("Resource", "")]


def test_its_machine_may_not_move_traffic_either(shadowed: dict[str, Body]) -> None:
    actions = {
        action
        for policy in all_of(shadowed["scoring"], "AWS::IAM::Policy")
        for statement in policy["PolicyDocument"]["Statement"]
        for action in listed(statement["Action"])
    }
    assert "cloudwatch:DescribeAlarms" in actions
    assert not {it for it in actions if "Weights" in it}
