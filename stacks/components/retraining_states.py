"""The states of a retraining. There is no ``.sync`` call for SageMaker pipelines, so the machine starts and looks."""

from collections.abc import Mapping

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from stacks.components.acknowledgement import acknowledge_wildcard
from stacks.components.champion_states import PARAMETER as CHAMPION
from stacks.components.champion_states import ChampionStates
from stacks.components.machine_states import PARAMETER as MACHINE
from stacks.components.machine_states import MachineStates
from stacks.target import Target

DEFAULTS = {"TriggerReason": "manual", "DriftSeverity": "none", "ModelApprovalStatus": "PendingManualApproval"}
VERSION = "DataVersion"
PASSING_ERRORS = ["SageMaker.SageMakerException", "SageMaker.ConflictException", "States.Timeout"]
"""Throttling and outages; SageMaker models neither of them by a name of its own."""


class RetrainingStates(Construct):
    """From ``first``: defaults, machine, champion, start, wait and look until the pipeline ends, a message, the end."""

    def __init__(
        self, scope: Construct, id_: str, *, target: Target, topic: sns.ITopic, no_champion: str, usual_machine: str
    ) -> None:
        super().__init__(scope, id_)
        self._target, self._topic = target, topic
        self._pipeline = Stack.of(self).format_arn(
            service="sagemaker", resource="pipeline", resource_name=target.pipeline_name
        )
        failed = self._notify("Tell of failure", "failed", {"error": "$.failure.Error", "cause": "$.failure.Cause"})
        failed.next(sfn.Fail(self, "Failed", error_path="$.failure.Error", cause_path="$.failure.Cause"))
        succeeded = self._notify("Tell of success", "succeeded", {})
        succeeded.next(sfn.Succeed(self, "Succeeded"))
        start, look = self._start(), self._look()
        self._champion = ChampionStates(self, "Comparison", target=target, no_champion=no_champion, then=start)
        for task in (*self._champion.calls, start, look):
            task.add_retry(
                errors=PASSING_ERRORS,
                interval=Duration.seconds(2),
                max_attempts=4,
                backoff_rate=2,
                max_delay=Duration.minutes(1),
            )
            task.add_catch(failed, result_path="$.failure")
        wait = sfn.Wait(self, "Wait", time=sfn.WaitTime.duration(Duration.seconds(target.stage.poll_s)))
        self._judge(look, again=wait, succeeded=succeeded, failed=failed)
        start.next(wait).next(look)
        features = len(target.usecase.feature_names)
        machine = MachineStates(
            self, "Size", features=features, usual=usual_machine, then=self._champion.first, failed=failed
        )
        self.first = self._defaults().next(machine.first)

    def acknowledge_grants(self, role: iam.Role) -> None:
        """Say why the grants that the tasks bring are as wide as they are."""
        acknowledge_wildcard(role, f"{self._pipeline}/execution/*", "Executions are numbered when they start.")
        self._champion.acknowledge_grants(role)

    def _defaults(self) -> sfn.Chain:
        """What the caller leaves out is filled in, so that later states find every field."""
        # A run is its own version of the data unless the caller knows better: then nothing cached is taken.
        version = {VERSION: sfn.JsonPath.string_at("$$.Execution.Name")}
        given = sfn.Pass(
            self,
            "Defaults",
            parameters={"defaults": {**DEFAULTS, **version}, "given": sfn.JsonPath.object_at("$$.Execution.Input")},
        )
        merged = sfn.Pass(
            self,
            "Input",
            parameters={
                "run": sfn.JsonPath.json_merge(sfn.JsonPath.object_at("$.defaults"), sfn.JsonPath.object_at("$.given"))
            },
        )
        return given.next(merged)

    def _start(self) -> tasks.CallAwsService:
        names = ("InputData", VERSION, *DEFAULTS, CHAMPION, MACHINE)
        return tasks.CallAwsService(
            self,
            "Start",
            service="sagemaker",
            action="startPipelineExecution",
            iam_action="sagemaker:StartPipelineExecution",
            iam_resources=[self._pipeline],
            parameters={
                "PipelineName": self._target.pipeline_name,
                # One token per execution: a start that is tried again after a lost answer starts nothing new.
                "ClientRequestToken": sfn.JsonPath.hash(sfn.JsonPath.string_at("$$.Execution.Id"), "SHA-256"),
                "PipelineParameters": [
                    {"Name": name, "Value": sfn.JsonPath.string_at(f"$.run.{name}")} for name in names
                ],
            },
            result_path="$.pipeline",
        )

    def _look(self) -> tasks.CallAwsService:
        return tasks.CallAwsService(
            self,
            "Look",
            service="sagemaker",
            action="describePipelineExecution",
            iam_action="sagemaker:DescribePipelineExecution",
            iam_resources=[f"{self._pipeline}/execution/*"],
            parameters={"PipelineExecutionArn": sfn.JsonPath.string_at("$.pipeline.PipelineExecutionArn")},
            result_path="$.look",
        )

    def _judge(
        self, look: tasks.CallAwsService, *, again: sfn.Wait, succeeded: tasks.SnsPublish, failed: tasks.SnsPublish
    ) -> None:
        status = "$.look.PipelineExecutionStatus"
        running = sfn.Condition.or_(*(sfn.Condition.string_equals(status, it) for it in ("Executing", "Stopping")))
        explained = self._failure("Reason given", "$.look.FailureReason")
        unexplained = self._failure("No reason given", f"States.Format('the pipeline ended as {{}}', {status})")
        look.next(
            sfn.Choice(self, "Ended?")
            .when(running, again)
            .when(sfn.Condition.string_equals(status, "Succeeded"), succeeded)
            .when(sfn.Condition.is_present("$.look.FailureReason"), explained.next(failed))
            .otherwise(unexplained.next(failed))
        )

    def _failure(self, id_: str, cause: str) -> sfn.Pass:
        parameters = {"Error": "PipelineFailed", "Cause": sfn.JsonPath.string_at(cause)}
        return sfn.Pass(self, id_, parameters=parameters, result_path="$.failure")

    def _notify(self, id_: str, outcome: str, details: Mapping[str, str]) -> tasks.SnsPublish:
        message = {
            "usecase": self._target.usecase.name,
            "stage": self._target.stage.name,
            "retraining": outcome,
            "execution": sfn.JsonPath.string_at("$$.Execution.Id"),
            "input": sfn.JsonPath.object_at("$$.Execution.Input"),
            **{name: sfn.JsonPath.string_at(path) for name, path in details.items()},
        }
        return tasks.SnsPublish(
            self,
            id_,
            topic=self._topic,
            subject=f"Retraining {self._target.prefix} {outcome}",
            message=sfn.TaskInput.from_object(message),
            result_path=sfn.JsonPath.DISCARD,
        )
