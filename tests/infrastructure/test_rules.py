"""Rules that hold for every template of every stage: lint, nag, least privilege, encryption, no account."""

import json
import re
from pathlib import Path

import pytest
from aws_cdk import Stack
from aws_cdk import aws_s3 as s3
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from synthesized import NOUNS, Synthesized, listed, text

from stacks.application import Application

ROOT = Path(__file__).resolve().parents[2]
STAGES = ("dev", "staging", "prod", "local")
WITHOUT_RESOURCE = {
    "xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets",
    "ecr:GetAuthorizationToken",
    "cloudwatch:PutMetricData",  # narrowed by namespace
    "cloudwatch:GetMetricStatistics",
    "application-autoscaling:DescribeScalableTargets", "application-autoscaling:DescribeScalingPolicies",
    "application-autoscaling:DescribeScheduledActions",
    "logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups",
}  # fmt: skip
"""Actions for which IAM knows no resource."""
AWS_IMAGES = {"141502667606"}
"""The account from which AWS publishes the XGBoost image in eu-west-1."""


def test_templates_of_production_are_clean_for_cfn_lint(prod: Synthesized) -> None:
    """Nag has run already: synthesis stops on a finding. ``make check`` lints every stage."""
    for noun in NOUNS:
        body = (prod.folder / f"{prod.prefix}-{noun}.template.json").read_text()
        assert _lint(body) == (), noun


def test_an_unreasoned_finding_of_nag_stops_synthesis(tmp_path: Path) -> None:
    app = Application(context={"usecase": "fraud", "stage": "dev"}, outdir=str(tmp_path))
    s3.Bucket(Stack(app, "open"), "Bucket")
    with pytest.raises(RuntimeError, match="AwsSolutions-S1'"):
        app.synth()


def test_no_policy_allows_a_wildcard_action(prod: Synthesized) -> None:
    for noun, statement in _statements(prod):
        assert not [action for action in listed(statement["Action"]) if "*" in action], noun


def test_only_calls_that_take_no_resource_are_allowed_on_everything(prod: Synthesized) -> None:
    for noun, statement in _statements(prod):
        if "*" in listed(statement["Resource"]) and statement["Effect"] == "Allow":
            assert {*listed(statement["Action"])} <= WITHOUT_RESOURCE, noun


def test_every_acknowledged_finding_has_a_real_reason() -> None:
    sources = "\n".join(path.read_text() for path in (ROOT / "stacks").rglob("*.py"))
    reasons = re.findall(r'"(?:AwsSolutions|Annotation)[^"]*": "([^"]+)"', sources)
    assert len(reasons) >= 8
    assert all(len(reason.split()) >= 5 for reason in reasons)


def test_no_managed_policy_is_attached(prod: Synthesized) -> None:
    for _, logical_id, resource in prod.everything():
        if resource["Type"] == "AWS::IAM::Role":
            assert "ManagedPolicyArns" not in resource["Properties"], logical_id


def test_every_role_but_the_operators_is_assumed_by_one_service(prod: Synthesized) -> None:
    for _, logical_id, resource in prod.everything():
        if resource["Type"] == "AWS::IAM::Role" and not logical_id.startswith("Operators"):
            (statement,) = resource["Properties"]["AssumeRolePolicyDocument"]["Statement"]
            assert list(statement["Principal"]) == ["Service"], logical_id


def test_no_template_names_an_account(synth) -> None:
    for stage in STAGES:
        for noun, body in synth(stage).bodies.items():
            assert {*re.findall(r"(?<![\w-])\d{12}(?![\w-])", text(body))} <= AWS_IMAGES, noun


def test_every_queue_topic_log_group_and_table_is_encrypted_with_our_key(prod: Synthesized) -> None:
    keys = {
        "AWS::SQS::Queue": "KmsMasterKeyId",
        "AWS::SNS::Topic": "KmsMasterKeyId",
        "AWS::Logs::LogGroup": "KmsKeyId",
        "AWS::DynamoDB::Table": "SSESpecification",
        "AWS::Kinesis::Stream": "StreamEncryption",
    }
    seen = set()
    for noun, logical_id, resource in prod.everything():
        if name := keys.get(resource["Type"]):
            seen.add(resource["Type"])
            assert "ExportsOutputFnGetAttKey" in text(resource["Properties"][name]), f"{noun}/{logical_id}"
    assert seen == keys.keys()


def test_logs_are_kept_as_long_as_the_stage_says(prod: Synthesized, dev: Synthesized) -> None:
    for stage, days in ((prod, 365), (dev, 7)):
        for _, logical_id, resource in stage.everything():
            if resource["Type"] == "AWS::Logs::LogGroup":
                assert resource["Properties"]["RetentionInDays"] == days, logical_id


def test_every_function_is_arm_traced_and_has_its_own_role_and_log(prod: Synthesized) -> None:
    functions = [(noun, it["Properties"]) for noun, _, it in prod.everything() if it["Type"] == "AWS::Lambda::Function"]
    assert len(functions) == 10
    assert len({text(it["Role"]) for _, it in functions}) == 10
    for noun, function in functions:
        assert function["Architectures"] == ["arm64"], noun
        assert function["TracingConfig"] == {"Mode": "Active"}, noun
        assert function["Runtime"] == "python3.14", noun
        assert "Log" in text(function["LoggingConfig"]["LogGroup"]), noun


def test_production_stacks_refuse_deletion(prod: Synthesized, dev: Synthesized) -> None:
    for stage, kept in ((prod, True), (dev, False)):
        artifacts = json.loads((stage.folder / "manifest.json").read_text())["artifacts"].values()
        stacks = [it["properties"] for it in artifacts if it["type"] == "aws:cloudformation:stack"]
        assert {it["terminationProtection"] for it in stacks} == {kept}


def test_no_output_depends_on_a_conditional_resource(prod: Synthesized) -> None:
    for noun, body in prod.bodies.items():
        conditional = {name for name, it in body["Resources"].items() if "Condition" in it}
        for output in body.get("Outputs", {}).values():
            assert not [name for name in conditional if f'"{name}"' in text(output)], noun


def _lint(body: str) -> tuple[str, ...]:
    found = lint(body, regions=["eu-west-1"], config=ManualArgs(ignore_checks=_ignored()))
    return tuple(f"{it.rule.id} {it.message}" for it in found)


def _statements(stage: Synthesized):
    for noun, body in stage.bodies.items():
        for it in body["Resources"].values():
            if it["Type"] == "AWS::IAM::Policy":
                for statement in it["Properties"]["PolicyDocument"]["Statement"]:
                    yield noun, statement


def _ignored() -> list[str]:
    """The checks that .cfnlintrc ignores, each with its reason there."""
    lines = (ROOT / ".cfnlintrc").read_text().splitlines()
    ignored = [line.strip("- ") for line in lines[lines.index("ignore_checks:") + 1 :]]
    assert all(any(line.startswith(f"# {check}: ") for line in lines) for check in ignored)
    return ignored
