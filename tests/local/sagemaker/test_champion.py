"""The retraining machine finds the champion: its own states, with the rights of its own role, in the emulator."""

import json
from collections.abc import Iterator
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from emulator_stacks import ACCOUNT, create_role, package, stack_status
from scenarios import wait_for

import usecases
from local.loop import Loop
from stacks.components.retraining_machine import RetrainingMachine
from stacks.stage import stage
from stacks.target import Target

MARKER = "s3://lake/code/no_champion.txt"


def machine_template(target: Target, topic_arn: str) -> dict[str, Any]:
    """A stack with the machine and nothing else."""
    stack = cdk.Stack(cdk.App(), "Machine", env=cdk.Environment(account=ACCOUNT, region=target.region))
    topic = sns.Topic.from_topic_arn(stack, "Topic", topic_arn)
    key = kms.Key(stack, "Key")
    machine = RetrainingMachine(
        stack, "Machine", target=target, topic=topic, key=key, no_champion=MARKER, usual_machine="ml.m5.xlarge"
    )
    cdk.CfnOutput(stack, "Arn", value=machine.state_machine_arn)
    found: dict[str, Any] = assertions.Template.from_stack(stack).to_json()
    found.pop("Rules", None)  # about the bootstrap stack, which the emulator does without
    found.pop("Parameters", None)
    return found


def pipeline_definition() -> str:
    """A pipeline that takes the machine's parameters and has nothing to do."""
    names = ("InputData", "DataVersion", "ModelApprovalStatus", "TriggerReason", "DriftSeverity")
    names = (*names, "ChampionModel", "TrainingInstanceType")
    condition = {"Type": "Equals", "LeftValue": {"Get": "Parameters.InputData"}, "RightValue": ""}
    arguments: dict[str, Any] = {"Conditions": [condition], "IfSteps": [], "ElseSteps": []}
    return json.dumps(
        {
            "Version": "2020-12-01",
            "Parameters": [{"Name": name, "Type": "String"} for name in names],
            "Steps": [{"Name": "Nothing", "Type": "Condition", "Arguments": arguments}],
        }
    )


class Retraining:
    """The deployed machine and the pipeline it starts."""

    def __init__(self, loop: Loop, target: Target) -> None:
        self.loop, self.target = loop, target
        topic = loop.client("sns").create_topic(Name="words")["TopicArn"]
        body = json.dumps(machine_template(target, topic))
        loop.client("cloudformation").create_stack(
            StackName="machine", TemplateBody=body, Capabilities=["CAPABILITY_IAM"]
        )
        assert stack_status(loop, "machine") == "CREATE_COMPLETE"
        stack = loop.client("cloudformation").describe_stacks(StackName="machine")["Stacks"][0]
        self.arn = stack["Outputs"][0]["OutputValue"]

    def champion(self, **given: str) -> str:
        """The champion that one run passes to the pipeline."""
        states, sagemaker = self.loop.client("stepfunctions"), self.loop.client("sagemaker")
        document = json.dumps({"InputData": "s3://lake/training", **given})
        run = states.start_execution(stateMachineArn=self.arn, input=document)["executionArn"]
        ended = wait_for(lambda: self._ended(run))
        assert ended["status"] == "SUCCEEDED", ended
        newest = sagemaker.list_pipeline_executions(PipelineName=self.target.pipeline_name)
        execution = newest["PipelineExecutionSummaries"][0]["PipelineExecutionArn"]
        passed = sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=execution)["PipelineParameters"]
        return str({it["Name"]: it["Value"] for it in passed}["ChampionModel"])

    def _ended(self, run: str) -> dict[str, Any] | None:
        found: dict[str, Any] = self.loop.client("stepfunctions").describe_execution(executionArn=run)
        return found if found["status"] != "RUNNING" else None


@pytest.fixture(scope="module")
def retraining(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Retraining]:
    target = Target(usecase=usecases.load("fraud"), stage=stage("local"), region="eu-west-1", account=ACCOUNT)
    with Loop(log_dir=tmp_path_factory.mktemp("logs")) as loop:
        loop.client("s3").create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        create_role(loop, "pipeline", ["s3:*"], ["arn:aws:s3:::lake", "arn:aws:s3:::lake/*"])
        sagemaker = loop.client("sagemaker")
        sagemaker.create_model_package_group(ModelPackageGroupName=target.model_package_group_name)
        sagemaker.create_pipeline(
            PipelineName=target.pipeline_name,
            PipelineDefinition=pipeline_definition(),
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/pipeline",
            ClientRequestToken="t" * 32,
        )
        yield Retraining(loop, target)


def test_the_champion_is_the_callers_else_the_newest_approved_model_else_the_marker(retraining: Retraining) -> None:
    """One test, because what is registered stays registered."""
    group, loop = retraining.target.model_package_group_name, retraining.loop
    assert retraining.champion() == MARKER
    package(loop, "v1", group=group, status="PendingManualApproval")
    assert retraining.champion() == MARKER, "a model that nobody approved is no champion"
    package(loop, "v2", group=group)
    package(loop, "v3", group=group)
    package(loop, "v4", group=group, status="Rejected")
    assert retraining.champion() == "s3://lake/models/v3/model.tar.gz"
    named = "s3://lake/models/v1/model.tar.gz"
    assert retraining.champion(ChampionModel=named) == named
