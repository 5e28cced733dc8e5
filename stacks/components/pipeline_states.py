"""The states that run the SageMaker pipeline. There is no ``.sync`` call for it, so the machine starts and looks."""

from collections.abc import Sequence

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from stacks.components.acknowledgement import acknowledge_wildcard
from stacks.components.retry import PASSING_ERRORS, retried
from stacks.target import Target

REFUSED, FAILED = "ModelRefused", "PipelineFailed"
FAIL_STEP = "Fail"
"""The pipeline's step that ends a run whose model did not pass its gates."""
_STATUS, _EXECUTION = "$.look.PipelineExecutionStatus", "$.pipeline.PipelineExecutionArn"
_LAST = "$.steps.Steps[0]"


class PipelineStates(Construct):
    """From ``first`` to ``then`` if the pipeline succeeded, else to ``failed`` with the reason of its last step."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        target: Target,
        parameters: Sequence[str],
        then: sfn.IChainable,
        failed: sfn.IChainable,
    ) -> None:
        super().__init__(scope, id_)
        self._scope, self._name = scope, target.pipeline_name
        self._pipeline = Stack.of(self).format_arn(
            service="sagemaker", resource="pipeline", resource_name=target.pipeline_name
        )
        start, look, steps = self._start(parameters), self._look(), self._steps()
        for task in (start, look, steps):
            retried(task, PASSING_ERRORS)
        for task in (start, look):
            task.add_catch(failed, result_path="$.failure")
        wait = sfn.Wait(scope, "Wait", time=sfn.WaitTime.duration(Duration.seconds(target.stage.poll_s)))
        unexplained = self._failure(
            "No reason given", FAILED, f"States.Format('the pipeline ended as {{}}', {_STATUS})"
        )
        unexplained.next(failed)
        steps.add_catch(unexplained, result_path=sfn.JsonPath.DISCARD)
        running = sfn.Condition.or_(*(sfn.Condition.string_equals(_STATUS, it) for it in ("Executing", "Stopping")))
        ended = sfn.Choice(scope, "Ended?").when(running, wait)
        look.next(ended.when(sfn.Condition.string_equals(_STATUS, "Succeeded"), then).otherwise(steps))
        steps.next(self._explained(failed, unexplained))
        start.next(wait).next(look)
        self.first = start

    def acknowledge_grants(self, role: iam.Role) -> None:
        """Say why the grants that the tasks bring are as wide as they are."""
        acknowledge_wildcard(role, f"{self._pipeline}/execution/*", "Executions are numbered when they start.")

    def _start(self, parameters: Sequence[str]) -> tasks.CallAwsService:
        return tasks.CallAwsService(
            self._scope,
            "Start",
            service="sagemaker",
            action="startPipelineExecution",
            iam_action="sagemaker:StartPipelineExecution",
            iam_resources=[self._pipeline],
            parameters={
                "PipelineName": self._name,
                # One token per execution: a start that is tried again after a lost answer starts nothing new.
                "ClientRequestToken": sfn.JsonPath.hash(sfn.JsonPath.string_at("$$.Execution.Id"), "SHA-256"),
                "PipelineParameters": [
                    {"Name": name, "Value": sfn.JsonPath.string_at(f"$.run.{name}")} for name in parameters
                ],
            },
            result_path="$.pipeline",
        )

    def _look(self) -> tasks.CallAwsService:
        return tasks.CallAwsService(
            self._scope,
            "Look",
            service="sagemaker",
            action="describePipelineExecution",
            iam_action="sagemaker:DescribePipelineExecution",
            iam_resources=[f"{self._pipeline}/execution/*"],
            parameters={"PipelineExecutionArn": sfn.JsonPath.string_at(_EXECUTION)},
            result_path="$.look",
        )

    def _steps(self) -> tasks.CallAwsService:
        """The step that started last is the one that failed."""
        return tasks.CallAwsService(
            self._scope,
            "Find failure",
            service="sagemaker",
            action="listPipelineExecutionSteps",
            iam_action="sagemaker:ListPipelineExecutionSteps",
            iam_resources=[f"{self._pipeline}/execution/*"],
            parameters={
                "PipelineExecutionArn": sfn.JsonPath.string_at(_EXECUTION),
                "SortOrder": "Descending",
                "MaxResults": 1,
            },
            result_selector={"Steps.$": "$.PipelineExecutionSteps"},
            result_path="$.steps",
        )

    def _explained(self, failed: sfn.IChainable, unexplained: sfn.Pass) -> sfn.Choice:
        explained = sfn.Condition.is_present(f"{_LAST}.FailureReason")
        refused = sfn.Condition.and_(explained, sfn.Condition.string_equals(f"{_LAST}.StepName", FAIL_STEP))
        step = f"States.Format('{{}}: {{}}', {_LAST}.StepName, {_LAST}.FailureReason)"
        return (
            sfn.Choice(self._scope, "Which step?")
            .when(refused, self._failure("Model refused", REFUSED, f"{_LAST}.FailureReason").next(failed))
            .when(explained, self._failure("Reason given", FAILED, step).next(failed))
            .otherwise(unexplained)
        )

    def _failure(self, id_: str, error: str, cause: str) -> sfn.Pass:
        parameters = {"Error": error, "Cause": sfn.JsonPath.string_at(cause)}
        return sfn.Pass(self._scope, id_, parameters=parameters, result_path="$.failure")
