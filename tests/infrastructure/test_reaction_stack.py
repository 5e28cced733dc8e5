"""Drift response and what starts a retraining: what is heard, what each role may do, where what fails ends."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from aws_cdk import aws_kms as kms
from aws_cdk import aws_stepfunctions as sfn
from synthesized import Synthesized, listed, text

import usecases
from headrace.usecase import Reaction
from headrace.usecase.reaction import Promotion
from stacks.components.queue import DeadLetterQueue
from stacks.components.reaction_signals import ReactionSignals
from stacks.components.retraining_starts import RetrainingStarts
from stacks.stage import stage
from stacks.target import Target

RULE = "AWS::Events::Rule"


def rules(stage_: Synthesized) -> dict[str, dict[str, Any]]:
    """Properties of the rules by their description."""
    return {it["Description"]: it for it in stage_.resources("retraining", RULE)}


def test_documents_of_either_spelling_alarms_and_our_own_events_are_heard(prod: Synthesized) -> None:
    found = rules(prod)
    judged = found["A monitor has judged a window"]["EventPattern"]
    assert judged["detail"]["object"] == {"key": [{"suffix": "_violations.json"}]}
    alarmed = found["An alarm of ours went off"]["EventPattern"]["detail"]
    assert alarmed == {"alarmName": [{"prefix": "headrace-fraud-prod-"}], "state": {"value": ["ALARM"]}}
    told = found["A retraining ended, or another model is in force"]["EventPattern"]
    assert told["detail-type"] == [
        "Retraining Finished",
        "Model Deployed",
        "Model Rolled Back",
        "Model Rollback Refused",
    ]
    assert told["detail"] == {"UseCase": ["fraud"], "Stage": ["prod"]}
    cut = found["A retraining was aborted or timed out, which no state of it can report"]["EventPattern"]
    assert cut["detail"]["status"] == ["ABORTED", "TIMED_OUT"]
    assert ":stateMachine:headrace-fraud-prod-retraining" in text(cut["detail"]["stateMachineArn"])


@pytest.mark.parametrize(("promotion", "groups"), [("manual", [["headrace-loans-dev"]]), ("automatic", [])])
def test_packages_of_our_group_are_heard_where_people_approve_them(
    promotion: Promotion, groups: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    loans = replace(usecases.load("loans"), reaction=Reaction(promotion=promotion))
    stack = cdk.Stack(cdk.App(), "Stack")
    monkeypatch.setattr("stacks.components.reaction_signals.feed", lambda *_, **__: None)
    fakes: dict[str, Any] = {"function": SimpleNamespace(timeout_s=30), "bucket": SimpleNamespace(bucket_name="lake")}
    target = Target(usecase=loans, stage=stage("dev"), region="eu-west-1")
    ReactionSignals(stack, "Signals", target=target, key=kms.Key(stack, "Key"), **fakes)
    template = assertions.Template.from_stack(stack)
    patterns = [it["Properties"]["EventPattern"] for it in template.find_resources(RULE).values()]
    heard = [it for it in patterns if it["source"] == ["aws.sagemaker"]]
    assert [it["detail-type"] for it in heard] == [["SageMaker Model Package State Change"]] * len(groups)
    assert [it["detail"]["ModelPackageGroupName"] for it in heard] == groups


def test_a_request_starts_the_machine_with_its_id_and_its_reason(prod: Synthesized) -> None:
    (target,) = rules(prod)["Somebody asks for a retraining"]["Targets"]
    paths = target["InputTransformer"]["InputPathsMap"]
    assert set(paths.values()) == {f"$.detail.{name}" for name in ("RequestId", "Trigger", "Severity", "Reason")}
    assert set(target) >= {"RoleArn", "DeadLetterConfig", "RetryPolicy"}


def test_one_message_at_a_time_and_what_fails_is_kept(prod: Synthesized) -> None:
    mapping = prod.only("retraining", "AWS::Lambda::EventSourceMapping")
    assert mapping["BatchSize"] == 1
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    function = prod.only("retraining", "AWS::Lambda::Function")
    queues = prod.resources("retraining", "AWS::SQS::Queue")
    (working,) = [it for it in queues if "RedrivePolicy" in it]
    assert working["VisibilityTimeout"] == 6 * function["Timeout"]
    assert all("KmsMasterKeyId" in it for it in queues)


def test_the_table_keeps_decisions_and_is_protected(prod: Synthesized, dev: Synthesized) -> None:
    table = prod.only("retraining", "AWS::DynamoDB::Table")
    assert table["KeySchema"] == [
        {"AttributeName": "subject", "KeyType": "HASH"},
        {"AttributeName": "entry_id", "KeyType": "RANGE"},
    ]
    assert table["DeletionProtectionEnabled"] is True
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["SSESpecification"]["SSEType"] == "KMS"
    assert "TimeToLiveSpecification" not in table
    assert dev.only("retraining", "AWS::DynamoDB::Table")["DeletionProtectionEnabled"] is False


def test_drift_response_may_decide_read_documents_write_decisions_and_tell(prod: Synthesized) -> None:
    statements = prod.statements("retraining", "DriftResponse")
    actions = {action for it in statements for action in listed(it["Action"])}
    assert {it for it in actions if it.startswith("dynamodb:")} == {
        f"dynamodb:{verb}Item" for verb in ("Get", "Put", "Update", "Delete")
    }
    (put,) = [it for it in statements if "s3:PutObject" in listed(it["Action"])]
    assert "/decisions/*" in text(put["Resource"])
    (read,) = [it for it in statements if "s3:GetObject" in listed(it["Action"])]
    assert "/monitoring/*" in text(read["Resource"])
    (told,) = [it for it in statements if "events:PutEvents" in listed(it["Action"])]
    assert told["Condition"] == {"StringEquals": {"events:source": "headrace"}}
    assert not {it for it in actions if it.startswith(("sagemaker:", "states:", "cloudformation:"))}


def test_the_machine_may_touch_our_jobs_models_and_table_only(prod: Synthesized) -> None:
    granted: dict[str, str] = {}
    for it in prod.statements("retraining", "MachineRole"):
        for action in listed(it["Action"]):
            granted[action] = granted.get(action, "") + text(it["Resource"])
    ours = {
        "sagemaker:StartPipelineExecution": ":pipeline/headrace-fraud-prod-training",
        "sagemaker:DescribePipelineExecution": ":pipeline/headrace-fraud-prod-training/execution/*",
        "sagemaker:ListPipelineExecutionSteps": ":pipeline/headrace-fraud-prod-training/execution/*",
        "sagemaker:ListModelPackages": ":model-package-group/headrace-fraud-prod",
        "sagemaker:DescribeModelPackage": ":model-package/headrace-fraud-prod/*",
        "sagemaker:UpdateModelPackage": ":model-package/headrace-fraud-prod/*",
        "sagemaker:CreateProcessingJob": ":processing-job/headrace-fraud-prod-*",
        "sagemaker:DescribeProcessingJob": ":processing-job/headrace-fraud-prod-*",
        "states:DescribeExecution": ":execution:headrace-fraud-prod-retraining:*",
        "glue:StartJobRun": ":job/headrace-fraud-prod-training-set",
        "events:PutEvents": ":event-bus/default",
    }
    assert {it for it in granted if it.startswith("sagemaker:")} == {it for it in ours if it.startswith("sagemaker:")}
    assert all(ours[action] in granted[action] for action in ours)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ({}, {}),
        ({"schedule": "cron(0 2 ? * SUN *)"}, {"schedule": "cron(0 2 ? * SUN *)"}),
        ({"on_code_change": True}, {"code_change": None}),
    ],
)
def test_schedule_and_code_start_it_where_the_use_case_says_so(
    policy: dict[str, Any], expected: dict[str, str | None]
) -> None:
    fraud = replace(usecases.load("fraud"), reaction=Reaction(**policy))
    target = Target(usecase=fraud, stage=stage("dev"), region="eu-west-1")
    stack = cdk.Stack(cdk.App(), "Stack")
    key = kms.Key(stack, "Key")
    machine = sfn.StateMachine(stack, "M", definition_body=sfn.DefinitionBody.from_chainable(sfn.Pass(stack, "P")))
    letters = DeadLetterQueue(stack, "D", key=key)
    RetrainingStarts(stack, "Starts", target=target, machine=machine, dead_letters=letters)
    found = assertions.Template.from_stack(stack).find_resources(RULE)
    started = {}
    for it in found.values():
        template = it["Properties"]["Targets"][0]["InputTransformer"]["InputTemplate"]
        for trigger in ("schedule", "code_change"):
            if f'"TriggerReason":"{trigger}"' in template:
                started[trigger] = it["Properties"].get("ScheduleExpression")
                assert '"RequestId":<' in template
    assert started == expected


def test_the_calendar_trains_everywhere_but_where_weeks_pass_in_minutes(synth: Callable[[str], Synthesized]) -> None:
    states = {}
    for name in ("dev", "staging", "prod", "local"):
        rules = [it for it in synth(name).resources("retraining", RULE) if "ScheduleExpression" in it]
        states[name] = [(it["ScheduleExpression"], it["State"]) for it in rules]
    sundays = "cron(0 2 ? * SUN *)"
    assert states == {
        "dev": [(sundays, "ENABLED")],
        "staging": [(sundays, "ENABLED")],
        "prod": [(sundays, "ENABLED")],
        "local": [(sundays, "DISABLED")],
    }


def test_deployment_asks_the_table_by_its_name_whether_promotion_is_frozen(prod: Synthesized) -> None:
    assert prod.only("retraining", "AWS::DynamoDB::Table")["TableName"] == "headrace-fraud-prod-reaction"
    (frozen,) = [it for it in prod.statements("serving", "DeploymentRole") if it.get("Sid") == "SeeFreeze"]
    assert frozen["Action"] == "dynamodb:GetItem"
    assert ":table/headrace-fraud-prod-reaction" in text(frozen["Resource"])
    named = [
        it["Environment"]["Variables"].get("REACTION_TABLE")
        for it in prod.resources("serving", "AWS::Lambda::Function")
    ]
    assert "headrace-fraud-prod-reaction" in named
