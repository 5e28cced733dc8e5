"""Scheduled batch scoring: one state machine, one transform job, only with a model and something to score."""

import json
from pathlib import Path
from typing import Any

import pytest
from endpoint_kinds import all_of, only, synthesized
from synthesized import joined, text

from headrace.usecase import Batch, Serving

Body = dict[str, Any]
BATCH = Batch(schedule="cron(0 3 ? * SUN *)", timezone="Europe/Berlin", instances=2, payload_mb=20, concurrent=5)


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Body]:
    folder: Path = tmp_path_factory.mktemp("batch") / "assembly"
    return synthesized(folder, Serving(kind="batch", instance_type="ml.c5.xlarge", batch=BATCH))


@pytest.fixture(scope="module")
def states(templates: dict[str, Body]) -> dict[str, Any]:
    machine = only(templates["scoring"], "AWS::StepFunctions::StateMachine")
    found: dict[str, Any] = json.loads(joined(machine["DefinitionString"]))["States"]
    return found


def test_of_the_endpoint_only_the_model_is_left(templates: dict[str, Body]) -> None:
    assert {it["Type"] for it in templates["endpoint"]["Resources"].values()} == {"AWS::SageMaker::Model"}


def test_the_schedule_starts_the_machine_and_keeps_what_it_could_not_start(templates: dict[str, Body]) -> None:
    schedule = only(templates["scoring"], "AWS::Scheduler::Schedule")
    assert schedule["ScheduleExpression"] == "cron(0 3 ? * SUN *)"
    assert schedule["ScheduleExpressionTimezone"] == "Europe/Berlin"
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert "Machine" in text(schedule["Target"]["Arn"])
    assert "DeadLetters" in text(schedule["Target"]["DeadLetterConfig"])


def test_the_machine_asks_for_the_deployed_model_and_does_nothing_without_one(states: dict[str, Any]) -> None:
    model = states["Model"]
    assert model["Parameters"] == {"StackName": "headrace-fraud-prod-endpoint"}
    held = states["Any model?"]
    assert [(it["Variable"], it["IsPresent"]) for it in held["Choices"]] == [("$.held.StackResourceSummaries[0]", True)]
    assert held["Default"] == "Nothing to do"
    (empty,) = states["Any files?"]["Choices"]
    assert (empty["Variable"], empty["NumericEquals"], empty["Next"]) == ("$.files.KeyCount", 0, "Nothing to do")
    assert states["Nothing to do"]["Type"] == "Succeed"


def test_the_job_splits_lines_and_joins_them_with_their_input(states: dict[str, Any]) -> None:
    job = states["Start"]["Parameters"]
    assert job["TransformInput"]["SplitType"] == "Line"
    assert job["TransformInput"]["ContentType"] == "application/jsonlines"
    assert job["DataProcessing"] == {"JoinSource": "Input"}
    assert (job["BatchStrategy"], job["MaxPayloadInMB"], job["MaxConcurrentTransforms"]) == ("MultiRecord", 20, 5)
    assert job["TransformOutput"]["AssembleWith"] == "Line"
    assert "predictions/dt={}" in job["TransformOutput"]["S3OutputPath.$"]
    assert {"InstanceType": "ml.c5.xlarge", "InstanceCount": 2}.items() <= job["TransformResources"].items()
    assert {"VolumeKmsKeyId"} <= job["TransformResources"].keys()
    assert "$$.Execution.Id" in job["TransformJobName.$"]


def test_a_job_that_was_started_is_looked_for_however_its_answer_was_lost(states: dict[str, Any]) -> None:
    (started,) = states["Start"]["Catch"]
    assert (started["ErrorEquals"], started["Next"]) == (["SageMaker.ResourceInUseException"], "Wait")
    names = {states[name]["Parameters"]["TransformJobName.$"] for name in ("Start", "Look")}
    assert len(names) == 1


def test_every_call_of_the_machine_is_made_again_when_aws_is_busy(states: dict[str, Any]) -> None:
    errors = {
        "Model": "CloudFormation.CloudFormationException",
        "Files": "S3.S3Exception",
        "Start": "SageMaker.SageMakerException",
        "Look": "SageMaker.SageMakerException",
    }
    for name, error in errors.items():
        assert error in states[name]["Retry"][0]["ErrorEquals"], name


def test_the_machine_looks_until_the_job_ends_and_says_why_it_failed(states: dict[str, Any]) -> None:
    running, done, failed = states["Ended?"]["Choices"]
    assert {it["StringEquals"] for it in running["Or"]} == {"InProgress", "Stopping"}
    assert running["Next"] == "Wait"
    assert (done["StringEquals"], done["Next"]) == ("Completed", "Scored")
    assert states[failed["Next"]]["CausePath"] == "$.look.FailureReason"
    assert states[states["Ended?"]["Default"]]["Type"] == "Fail"


def test_the_machines_role_starts_jobs_of_this_use_case_only(templates: dict[str, Body]) -> None:
    statements = [
        it
        for policy in all_of(templates["scoring"], "AWS::IAM::Policy")
        for it in policy["PolicyDocument"]["Statement"]
        if "sagemaker:CreateTransformJob" in it["Action"]
    ]
    (created,) = statements
    assert "transform-job/headrace-fraud-prod-*" in text(created["Resource"])
    assert json.dumps(created["Resource"]).count("*") == 2


def test_a_failure_is_an_alarm(templates: dict[str, Body]) -> None:
    (alarm,) = all_of(templates["scoring"], "AWS::CloudWatch::Alarm")
    assert alarm["MetricName"] == "ExecutionsFailed"
    assert [it["Name"] for it in alarm["Dimensions"]] == ["StateMachineArn"]
