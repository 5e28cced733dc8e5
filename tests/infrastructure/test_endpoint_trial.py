"""A challenger on trial: a second variant at rest, shares that grow under alarms, and a verdict for the registry."""

import json
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from endpoint_kinds import all_of, only, synthesized
from synthesized import joined, text

from headrace import trial
from headrace.usecase import Serving, Trial
from stacks.components.endpoint_fleet import VARIANT
from stacks.components.endpoint_trial import CHALLENGER

Body = dict[str, Any]


def states_of(body: Body) -> dict[str, Any]:
    """The states of the trial's machine."""
    machine = only(body, "AWS::StepFunctions::StateMachine")
    found: dict[str, Any] = json.loads(joined(machine["DefinitionString"]))["States"]
    return found


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Body]:
    return synthesized(tmp_path_factory.mktemp("staged") / "assembly", Serving(trial=Trial(bake_s=300)))


@pytest.fixture(scope="module")
def states(staged: dict[str, Body]) -> dict[str, Any]:
    return states_of(staged["scoring"])


def test_templates_of_a_trial_are_clean_for_cfn_lint(staged: dict[str, Body]) -> None:
    for noun, body in staged.items():
        found = lint(json.dumps(body), config=ManualArgs(regions=["eu-west-1"]))
        assert [str(it) for it in found] == [], noun


def test_the_second_variant_is_always_there_and_gets_nothing_by_itself(staged: dict[str, Body]) -> None:
    champion, challenger = only(staged["endpoint"], "AWS::SageMaker::EndpointConfig")["ProductionVariants"]
    assert (champion["VariantName"], champion["InitialVariantWeight"]) == ("AllTraffic", 1)
    assert (challenger["VariantName"], challenger["InitialVariantWeight"]) == ("Challenger", 0)
    assert challenger["InitialInstanceCount"] == 1
    routing = only(staged["endpoint"], "AWS::SageMaker::Endpoint")["DeploymentConfig"]["BlueGreenUpdatePolicy"]
    assert routing["TrafficRoutingConfiguration"]["Type"] == "LINEAR"


def test_variants_have_the_names_that_the_verdict_goes_by() -> None:
    assert (VARIANT, CHALLENGER) == (trial.CHAMPION, trial.CHALLENGER)


def test_it_holds_the_artifact_on_trial_or_what_serves(staged: dict[str, Body]) -> None:
    body = staged["endpoint"]
    assert list(body["Parameters"]) == ["ModelPackageArn", "ChallengerModelData"]
    assert body["Parameters"]["ChallengerModelData"]["Default"] == ""
    container = body["Resources"]["Challenger"]["Properties"]["PrimaryContainer"]
    serving = {"Fn::If": ["HasChallenger", {"Ref": "AWS::NoValue"}, {"Ref": "ModelPackageArn"}]}
    assert container["ModelPackageName"] == serving
    assert container["ModelDataUrl"]["Fn::If"][1:] == [{"Ref": "ChallengerModelData"}, {"Ref": "AWS::NoValue"}]
    assert "sagemaker-xgboost:3.2-0" in container["Image"]["Fn::If"][1]


def test_both_variants_have_alarms_and_only_the_champions_roll_an_update_back(staged: dict[str, Body]) -> None:
    body = staged["endpoint"]
    variants = [
        next(it["Value"] for it in alarm["Dimensions"] if it["Name"] == "VariantName")
        for alarm in all_of(body, "AWS::CloudWatch::Alarm")
    ]
    assert sorted(variants) == ["AllTraffic", "AllTraffic", "Challenger", "Challenger"]
    update = only(body, "AWS::SageMaker::Endpoint")["DeploymentConfig"]
    assert "Challenger" not in text(update["AutoRollbackConfiguration"])


def test_shares_grow_as_long_as_no_alarm_goes_off(states: dict[str, Any]) -> None:
    shares, state = [], "Share 5"
    while state.startswith("Share"):
        weights = states[state]["Parameters"]["DesiredWeightsAndCapacities"]
        assert sum(it["DesiredWeight"] for it in weights) == 100
        shares.append(weights[1]["DesiredWeight"])
        watch = states[states[state]["Next"]]
        assert (watch["Type"], watch["Seconds"]) == ("Wait", 300)
        quiet = states[states[watch["Next"]]["Next"]]
        (loud,) = quiet["Choices"]
        assert (loud["Variable"], loud["IsPresent"]) == ("$.alarms.MetricAlarms[0]", True)
        assert loud["Next"] == "Alarm"
        state = quiet["Default"]
    assert shares == [5, 10, 25, 50, 100]
    assert state == "Approve"


def test_a_challenger_that_passed_is_approved_and_becomes_the_champions_package(states: dict[str, Any]) -> None:
    assert states["Approve"]["Parameters"]["ModelApprovalStatus"] == "Approved"
    assert states["Approve"]["Next"] == "Take"
    assert states["Take"]["Parameters"]["Parameters"] == [
        {"ParameterKey": "ModelPackageArn", "ParameterValue.$": "$.ModelPackageArn"},
        {"ParameterKey": "ChallengerModelData", "ParameterValue": ""},
    ]
    home = states["Home"]["Parameters"]["DesiredWeightsAndCapacities"]
    assert [it["DesiredWeight"] for it in home] == [100, 0]


def test_an_alarm_returns_everything_to_the_champion_before_anything_else(states: dict[str, Any]) -> None:
    assert states["Alarm"]["Next"] == "Back"
    back = states["Back"]["Parameters"]["DesiredWeightsAndCapacities"]
    assert [it["DesiredWeight"] for it in back] == [100, 0]
    assert states["Back"]["Next"] == "Reject"
    assert states["Reject"]["Parameters"]["ModelApprovalStatus"] == "Rejected"
    assert states["Unload"]["Parameters"]["Parameters"][1] == {
        "ParameterKey": "ChallengerModelData",
        "ParameterValue": "",
    }
    assert states["Failed"]["Type"] == "Fail"


def test_no_call_goes_wrong_without_a_return(states: dict[str, Any]) -> None:
    after = {"Back": "Reject", "Reject": "Unload", "Unload": "Failed"}
    for name, state in states.items():
        if state["Type"] == "Task" and name not in ("Take look", "Home"):
            assert state["Catch"][-1]["Next"] == after.get(name, "Back"), name
            assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name


def test_what_was_promoted_is_not_taken_back_for_want_of_a_look(states: dict[str, Any]) -> None:
    assert not {"Catch"} & (states["Take look"].keys() | states["Home"].keys())


def test_an_update_that_was_started_is_waited_for_however_its_answer_was_lost(states: dict[str, Any]) -> None:
    tokens = {states[name]["Parameters"]["ClientRequestToken.$"] for name in ("Load", "Take", "Unload")}
    assert len(tokens) == 3
    assert all("$$.Execution.Id" in it for it in tokens)
    for name in ("Load", "Take"):
        started = states[name]["Catch"][0]
        assert started["ErrorEquals"] == ["CloudFormation.TokenAlreadyExistsException"]
        assert started["Next"] == f"{name} wait"


def test_every_look_is_taken_again_when_aws_is_busy(states: dict[str, Any]) -> None:
    for name, error in (
        ("Load look", "CloudFormation.CloudFormationException"),
        ("Alarms 5", "CloudWatch.CloudWatchException"),
    ):
        assert any(error in it["ErrorEquals"] for it in states[name]["Retry"]), name


def test_an_update_sends_every_other_parameter_as_it_is_and_names_its_types(states: dict[str, Any]) -> None:
    load = states["Load"]["Parameters"]
    assert load["Parameters"][0] == {"ParameterKey": "ModelPackageArn", "UsePreviousValue": True}
    assert load["UsePreviousTemplate"] is True
    assert "AWS::SageMaker::Endpoint" in load["ResourceTypes"]


def test_an_ab_test_keeps_its_share_and_judges_nothing(tmp_path: Path) -> None:
    states = states_of(synthesized(tmp_path / "assembly", Serving(trial=Trial(steps=(10,))))["scoring"])
    assert states["Quiet at 10?"]["Default"] == "On trial"
    assert states["On trial"]["Type"] == "Succeed"
    promote, reject = states["Verdict?"]["Choices"]
    assert [it["And"][1]["StringEquals"] for it in (promote, reject)] == ["promote", "reject"]
    assert promote["Next"] == "Approve"
    assert states[reject["Next"]]["Next"] == "Back"
    assert states["Verdict?"]["Default"] == "Package"
