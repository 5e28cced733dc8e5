"""The retraining machine in a stack of its own in the emulator, around a pipeline and a gate that do nothing."""

import io
import json
import zipfile
from typing import Any

import aws_cdk as cdk
from aws_cdk import assertions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from emulator_stacks import ACCOUNT, create_role, stack_status
from scenarios import wait_for

from local.loop import Loop
from stacks.components.reaction_table import ReactionTable
from stacks.components.retraining_machine import RetrainingMachine
from stacks.components.training_data_states import TrainingData
from stacks.target import Target

MARKER = "s3://lake/code/no_champion.txt"
CODE = "code/headrace.zip"
GATE = "import sys, pathlib\nsys.exit(3 if list(pathlib.Path(sys.argv[-1]).glob('refused*')) else 0)\n"
"""Stands for the quality gate: it refuses a set that holds a file of that name."""


def template(target: Target, topic_arn: str) -> dict[str, Any]:
    """A stack with the machine, its table and nothing else."""
    stack = cdk.Stack(cdk.App(), "Machine", env=cdk.Environment(account=ACCOUNT, region=target.region))
    key = kms.Key(stack, "Key")
    table = ReactionTable(stack, "Reaction", target=target, key=key)
    job_role = iam.Role.from_role_arn(stack, "Jobs", f"arn:aws:iam::{ACCOUNT}:role/pipeline")
    machine = RetrainingMachine(
        stack,
        "Machine",
        target=target,
        topic=sns.Topic.from_topic_arn(stack, "Topic", topic_arn),
        key=key,
        table=table,
        data=TrainingData(
            job_name=target.training_set_job_name,
            uri="s3://lake/training/current",
            reports="s3://lake/training/quality",
            image="683313688378.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.2-0",
            code=f"s3://lake/{CODE}",
            job_role=job_role,
            key_arn=key.key_arn,
        ),
        no_champion=MARKER,
        usual_machine="ml.m5.xlarge",
    )
    cdk.CfnOutput(stack, "Arn", value=machine.state_machine_arn)
    cdk.CfnOutput(stack, "Table", value=table.table_name)
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


def gate_code() -> bytes:
    """The packages of the job that judges."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in (("__init__", ""), ("jobs/__init__", ""), ("jobs/check_quality", GATE)):
            archive.writestr(f"pipelines/{name}.py", text)
    return buffer.getvalue()


class Retraining:
    """The deployed machine, the pipeline it starts, and what it says on the bus."""

    def __init__(self, loop: Loop, target: Target) -> None:
        self.loop, self.target = loop, target
        self._prepare()
        topic = loop.client("sns").create_topic(Name="words")["TopicArn"]
        body = json.dumps(template(target, topic))
        loop.client("cloudformation").create_stack(
            StackName="machine", TemplateBody=body, Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]
        )
        assert stack_status(loop, "machine") == "CREATE_COMPLETE"
        stack = loop.client("cloudformation").describe_stacks(StackName="machine")["Stacks"][0]
        outputs = {it["OutputKey"]: it["OutputValue"] for it in stack["Outputs"]}
        self.arn, self.table = outputs["Arn"], outputs["Table"]

    def _prepare(self) -> None:
        loop, target = self.loop, self.target
        store = loop.client("s3")
        store.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        store.put_object(Bucket="lake", Key=CODE, Body=gate_code())
        store.put_object(Bucket="lake", Key="training/good/part.parquet", Body=b"rows")
        store.put_object(Bucket="lake", Key="training/bad/refused.parquet", Body=b"rows")
        create_role(loop, "pipeline", ["s3:*"], ["arn:aws:s3:::lake", "arn:aws:s3:::lake/*"])
        sagemaker = loop.client("sagemaker")
        sagemaker.create_model_package_group(ModelPackageGroupName=target.model_package_group_name)
        sagemaker.create_pipeline(
            PipelineName=target.pipeline_name,
            PipelineDefinition=pipeline_definition(),
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/pipeline",
            ClientRequestToken="t" * 32,
        )
        queue = loop.client("sqs").create_queue(QueueName="ends")["QueueUrl"]
        pattern = json.dumps({"source": ["headrace"]})
        loop.client("events").put_rule(Name="ends", EventPattern=pattern)
        arn = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:ends"
        loop.client("events").put_targets(Rule="ends", Targets=[{"Id": "queue", "Arn": arn}])
        self.queue = queue

    def start(self, **given: str) -> str:
        """Start a run on the good set."""
        document = json.dumps({"InputData": "s3://lake/training/good", **given})
        arn: str = self.loop.client("stepfunctions").start_execution(stateMachineArn=self.arn, input=document)[
            "executionArn"
        ]
        return arn

    def run(self, **given: str) -> dict[str, Any]:
        """One run to its end."""
        run = self.start(**given)
        ended: dict[str, Any] = wait_for(lambda: self._ended(run))
        return ended

    def outcomes(self, least: int = 1) -> list[dict[str, Any]]:
        """The details of at least so many events that were sent since the last call, the lock being free."""
        found: list[dict[str, Any]] = []

        def received() -> bool:
            answer = self.loop.client("sqs").receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
            for it in answer.get("Messages", []):
                found.append(json.loads(it["Body"])["detail"])
                self.loop.client("sqs").delete_message(QueueUrl=self.queue, ReceiptHandle=it["ReceiptHandle"])
            return len(found) >= least

        wait_for(received)
        return found

    def put(self, subject: str, item: str, **attributes: dict[str, Any]) -> None:
        """Write an item of the reaction's table."""
        key = {"subject": {"S": subject}, "entry_id": {"S": item}}
        self.loop.client("dynamodb").put_item(TableName=self.table, Item={**key, **attributes})

    def holder(self) -> str | None:
        """Who holds the lock."""
        key = {"subject": {"S": "lock"}, "entry_id": {"S": "current"}}
        item = self.loop.client("dynamodb").get_item(TableName=self.table, Key=key, ConsistentRead=True).get("Item")
        return item["owner"]["S"] if item else None

    def executions(self) -> list[str]:
        """The pipeline's executions, the newest first."""
        listed = self.loop.client("sagemaker").list_pipeline_executions(PipelineName=self.target.pipeline_name)
        return [it["PipelineExecutionArn"] for it in listed["PipelineExecutionSummaries"]]

    def passed(self) -> dict[str, str]:
        """The parameters of the newest execution of the pipeline."""
        found = self.loop.client("sagemaker").list_pipeline_parameters_for_execution(
            PipelineExecutionArn=self.executions()[0]
        )
        return {it["Name"]: it["Value"] for it in found["PipelineParameters"]}

    def _ended(self, run: str) -> dict[str, Any] | None:
        found: dict[str, Any] = self.loop.client("stepfunctions").describe_execution(executionArn=run)
        return found if found["status"] != "RUNNING" else None
