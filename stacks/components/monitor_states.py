"""The states of one run of a monitor: plan, start the job, look until it ends, publish what it found, tell of failure.

The job's name is the plan's, the same for every copy of a request; whoever comes second finds the name taken and
watches the first one's job. A job that SageMaker lost is started once more under a second name.
"""

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from headrace.monitoring import VIOLATIONS
from lambdas.monitoring.requests import INPUT, OUTPUT
from pipelines.retraining.plan import PROCESSING_SIZE, CodeLocations
from stacks.components.acknowledgement import acknowledge_wildcard
from stacks.components.function import Function
from stacks.target import Target

TAKEN = ["SageMaker.ResourceInUseException", "SageMaker.ResourceInUse"]
PASSING_ERRORS = ["SageMaker.SageMakerException", "SageMaker.ResourceLimitExceededException", "States.Timeout"]
"""Throttling, outages, and too many jobs at once."""
_STATUS, _REASON = "$.look.ProcessingJobStatus", "$.look.FailureReason"


class MonitorStates(Construct):
    """From ``first``; input: ``kind``, ``time`` and, to judge a window once more, ``attempt``."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        target: Target,
        function: Function,
        job_role: iam.Role,
        topic: sns.ITopic,
        key: kms.IKey,
        image: str,
        code: CodeLocations,
    ) -> None:
        super().__init__(scope, id_)
        self._target, self._function, self._job_role, self._key = target, function, job_role, key
        self._jobs = Stack.of(self).format_arn(
            service="sagemaker", resource="processing-job", resource_name=f"{target.prefix}-*"
        )
        failed = self._tell(topic)
        failed.next(sfn.Fail(self, "Failed", error_path="$.failure.Error", cause_path="$.failure.Cause"))
        plan = self._invoke("Plan", None, "$.plan")
        path = sfn.JsonPath.string_at(f"States.Format('{{}}{VIOLATIONS}', $.plan.folder)")
        publish = self._invoke("Publish", sfn.TaskInput.from_object({"published": path}), sfn.JsonPath.DISCARD)
        create, look = self._create(image, code), self._look()
        wait = sfn.Wait(self, "Wait", time=sfn.WaitTime.duration(Duration.seconds(target.stage.poll_s)))
        for task in (create, look):
            task.add_retry(errors=PASSING_ERRORS, interval=Duration.seconds(10), max_attempts=6, backoff_rate=2)
        create.add_catch(wait, errors=TAKEN, result_path=sfn.JsonPath.DISCARD)
        for step in (plan, create, look, publish):
            step.add_catch(failed, result_path="$.failure")
        first = sfn.Pass(self, "First job", input_path="$.plan.names[0]", result_path="$.job")
        second = sfn.Pass(self, "Second job", input_path="$.plan.names[1]", result_path="$.job")
        for name in (first, second):
            name.next(create)
        create.next(wait).next(look)
        self._judge(look, again=wait, second=second, publish=publish, failed=failed)
        publish.next(sfn.Succeed(self, "Judged"))
        ready = sfn.Choice(self, "Anything to judge?").when(sfn.Condition.boolean_equals("$.plan.ready", True), first)
        self.first = plan.next(ready.otherwise(sfn.Succeed(self, "Nothing to judge")))

    def acknowledge_grants(self, role: iam.Role) -> None:
        """Say why the grants that the tasks bring are as wide as they are."""
        acknowledge_wildcard(role, self._jobs, "Jobs are named after their window; the prefix is this deployment's.")

    def _invoke(self, id_: str, payload: sfn.TaskInput | None, result_path: str) -> tasks.LambdaInvoke:
        """Call the function; without a payload with the whole input."""
        task = tasks.LambdaInvoke(
            self,
            id_,
            lambda_function=self._function,
            payload=payload,
            payload_response_only=True,
            result_path=result_path,
        )
        task.add_retry(errors=["RetryableError"], interval=Duration.seconds(5), max_attempts=5, backoff_rate=2)
        return task

    def _create(self, image: str, code: CodeLocations) -> tasks.CallAwsService:
        size, archive = PROCESSING_SIZE, code.headrace.rsplit("/", 1)[-1]
        output = {"S3Uri": sfn.JsonPath.string_at("$.plan.output"), "LocalPath": OUTPUT, "S3UploadMode": "EndOfJob"}
        cluster = {
            "InstanceCount": 1,
            "InstanceType": size.instance_type,
            "VolumeSizeInGB": size.volume_gb,
            "VolumeKmsKeyId": self._key.key_arn,
        }
        return tasks.CallAwsService(
            self,
            "Create",
            service="sagemaker",
            action="createProcessingJob",
            iam_action="sagemaker:CreateProcessingJob",
            iam_resources=[self._jobs],
            additional_iam_statements=[self._pass_role()],
            parameters={
                "ProcessingJobName": sfn.JsonPath.string_at("$.job"),
                "RoleArn": self._job_role.role_arn,
                "AppSpecification": {
                    "ImageUri": image,
                    "ContainerEntrypoint": ["python3", "-m", "pipelines.jobs.monitor"],
                    "ContainerArguments": sfn.JsonPath.list_at("$.plan.arguments"),
                },
                "Environment": {"PYTHONPATH": f"{INPUT}/headrace/{archive}"},
                "ProcessingInputs": sfn.JsonPath.object_at("$.plan.inputs"),
                "ProcessingOutputConfig": {
                    "KmsKeyId": self._key.key_arn,
                    "Outputs": [{"OutputName": "monitor", "S3Output": output}],
                },
                "ProcessingResources": {"ClusterConfig": cluster},
                "NetworkConfig": {"EnableNetworkIsolation": True},
                "StoppingCondition": {"MaxRuntimeInSeconds": size.max_runtime_s},
            },
            result_path=sfn.JsonPath.DISCARD,
        )

    def _pass_role(self) -> iam.PolicyStatement:
        return iam.PolicyStatement(
            actions=["iam:PassRole"],
            resources=[self._job_role.role_arn],
            conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        )

    def _look(self) -> tasks.CallAwsService:
        return tasks.CallAwsService(
            self,
            "Look",
            service="sagemaker",
            action="describeProcessingJob",
            iam_action="sagemaker:DescribeProcessingJob",
            iam_resources=[self._jobs],
            parameters={"ProcessingJobName": sfn.JsonPath.string_at("$.job")},
            result_path="$.look",
        )

    def _judge(
        self,
        look: tasks.CallAwsService,
        *,
        again: sfn.Wait,
        second: sfn.Pass,
        publish: tasks.LambdaInvoke,
        failed: tasks.SnsPublish,
    ) -> None:
        running = sfn.Condition.or_(*(sfn.Condition.string_equals(_STATUS, it) for it in ("InProgress", "Stopping")))
        explained, first = sfn.Condition.is_present(_REASON), sfn.Condition.string_matches("$.job", "*-1")
        refused = sfn.Condition.string_matches(_REASON, "Algorithm*")  # by the job's own code, which would do it again
        lost = sfn.Condition.and_(first, explained, sfn.Condition.not_(refused))
        told = self._failure("Reason given", _REASON)
        untold = self._failure("No reason given", f"States.Format('the job ended as {{}}', {_STATUS})")
        look.next(
            sfn.Choice(self, "Ended?")
            .when(running, again)
            .when(sfn.Condition.string_equals(_STATUS, "Completed"), publish)
            .when(lost, second)
            .when(explained, told.next(failed))
            .otherwise(untold.next(failed))
        )

    def _failure(self, id_: str, cause: str) -> sfn.Pass:
        parameters = {"Error": "MonitorFailed", "Cause": sfn.JsonPath.string_at(cause)}
        return sfn.Pass(self, id_, parameters=parameters, result_path="$.failure")

    def _tell(self, topic: sns.ITopic) -> tasks.SnsPublish:
        message = {
            "usecase": self._target.usecase.name,
            "stage": self._target.stage.name,
            "monitor": "failed",
            "execution": sfn.JsonPath.string_at("$$.Execution.Id"),
            "input": sfn.JsonPath.object_at("$$.Execution.Input"),
            "error": sfn.JsonPath.string_at("$.failure.Error"),
            "cause": sfn.JsonPath.string_at("$.failure.Cause"),
        }
        subject, text = f"Monitor of {self._target.prefix} failed", sfn.TaskInput.from_object(message)
        discard = sfn.JsonPath.DISCARD
        return tasks.SnsPublish(
            self, "Tell of failure", topic=topic, subject=subject, message=text, result_path=discard
        )
