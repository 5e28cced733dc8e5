"""The states that bring the training set up to date and judge it before anything is trained on it."""

from dataclasses import dataclass

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from pipelines.retraining.plan import INPUT, OUTPUT, PROCESSING_SIZE
from stacks.components.acknowledgement import acknowledge_wildcard
from stacks.components.retry import PASSING_ERRORS, retried
from stacks.target import Target

ARGUMENTS = "TrainingSetArguments"
"""Of the run, for the job that builds the set: ``{"--since": "2026-01-01"}`` and so on."""
REFUSED, UNREADABLE = "TrainingSetRefused", "QualityGateFailed"
_LONGEST_PREFIX = 30
_GIVEN, _STATUS, _REASON = "$.run.InputData", "$.gate.ProcessingJobStatus", "$.gate.FailureReason"
TAKEN = ["SageMaker.ResourceInUseException", "SageMaker.ResourceInUse"]
"""The job was started by an attempt whose answer was lost."""
_BUSY = ["Glue.ConcurrentRunsExceededException", "Glue.ResourceNumberLimitExceededException"]
_GLUE_PASSES = ["Glue.AWSGlueException", "Glue.InternalServiceException", "Glue.OperationTimeoutException"]


@dataclass(frozen=True, kw_only=True)
class TrainingData:
    """Where training sets come from and how one is judged.

    Attributes:
        job_name: of the Glue job that brings the set up to date.
        uri: S3 URI of that set.
        reports: S3 URI below which the gate's reports go.
        image: of the container that judges.
        code: S3 URI of the packages that it imports, a zip.
        job_role: what the judging job may do.
        key_arn: encrypts its volume.
    """

    job_name: str
    uri: str
    reports: str
    image: str
    code: str
    job_role: iam.IRole
    key_arn: str


class TrainingDataStates(Construct):
    """From ``first``; a set that the caller names is not built, but judged all the same. Ends in ``then``."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        target: Target,
        data: TrainingData,
        then: sfn.IChainable,
        failed: sfn.IChainable,
    ) -> None:
        super().__init__(scope, id_)
        self._scope, self._data, self._usecase = scope, data, target.usecase.name
        self._prefix = f"{target.prefix[:_LONGEST_PREFIX]}-"
        self._jobs = Stack.of(self).format_arn(
            service="sagemaker", resource="processing-job", resource_name=f"{self._prefix}*"
        )
        build, create, look = self._build(), self._create(), self._look()
        retried(build, [*_BUSY, *_GLUE_PASSES, "States.Timeout"])
        for task in (create, look):
            retried(task, PASSING_ERRORS)
        poll = sfn.WaitTime.duration(Duration.seconds(target.stage.poll_s))
        wait = sfn.Wait(scope, "Wait for judgement", time=poll)
        create.add_catch(wait, errors=TAKEN, result_path=sfn.JsonPath.DISCARD)
        for step in (build, create, look):
            step.add_catch(failed, result_path="$.failure")
        named = sfn.Pass(scope, "Built set", result=sfn.Result.from_string(data.uri), result_path=_GIVEN)
        build.next(named).next(create)
        create.next(wait).next(look)
        self._judge(look, again=wait, then=then, failed=failed)
        given = sfn.Condition.is_present(_GIVEN)
        self.first = sfn.Choice(scope, "Training set given?").when(given, create).otherwise(build)

    def acknowledge_grants(self, role: iam.Role) -> None:
        """Say why the grants that the tasks bring are as wide as they are."""
        acknowledge_wildcard(role, self._jobs, "A job is named after the execution; the prefix is this deployment's.")

    def _build(self) -> tasks.GlueStartJobRun:
        return tasks.GlueStartJobRun(
            self._scope,
            "Build training set",
            glue_job_name=self._data.job_name,
            integration_pattern=sfn.IntegrationPattern.RUN_JOB,
            arguments=sfn.TaskInput.from_json_path_at(f"$.run.{ARGUMENTS}"),
            result_path=sfn.JsonPath.DISCARD,
        )

    def _create(self) -> tasks.CallAwsService:
        size, data = PROCESSING_SIZE, self._data
        volume = {"VolumeSizeInGB": size.volume_gb, "VolumeKmsKeyId": data.key_arn}
        report = f"States.Format('{{}}/{{}}', '{data.reports}', $$.Execution.Name)"
        return tasks.CallAwsService(
            self._scope,
            "Judge training set",
            service="sagemaker",
            action="createProcessingJob",
            iam_action="sagemaker:CreateProcessingJob",
            iam_resources=[self._jobs],
            additional_iam_statements=[self._pass_role()],
            parameters={
                "ProcessingJobName": self._name(),
                "RoleArn": data.job_role.role_arn,
                "AppSpecification": {
                    "ImageUri": data.image,
                    "ContainerEntrypoint": ["python3", "-m", "pipelines.jobs.check_quality"],
                    "ContainerArguments": ["--usecase", self._usecase, "--input", f"{INPUT}/data"],
                },
                "Environment": {"PYTHONPATH": f"{INPUT}/headrace/{data.code.rsplit('/', 1)[-1]}"},
                "ProcessingInputs": [
                    _input("data", sfn.JsonPath.string_at(_GIVEN)),
                    _input("headrace", data.code),
                ],
                "ProcessingOutputConfig": {
                    "KmsKeyId": data.key_arn,
                    "Outputs": [
                        {
                            "OutputName": "quality",
                            "S3Output": {
                                "S3Uri": sfn.JsonPath.string_at(report),
                                "LocalPath": f"{OUTPUT}/quality",
                                "S3UploadMode": "EndOfJob",
                            },
                        }
                    ],
                },
                "ProcessingResources": {
                    "ClusterConfig": {"InstanceCount": 1, "InstanceType": size.instance_type, **volume}
                },
                "NetworkConfig": {"EnableNetworkIsolation": True},
                "StoppingCondition": {"MaxRuntimeInSeconds": size.max_runtime_s},
            },
            result_path=sfn.JsonPath.DISCARD,
        )

    def _look(self) -> tasks.CallAwsService:
        return tasks.CallAwsService(
            self._scope,
            "Look at judgement",
            service="sagemaker",
            action="describeProcessingJob",
            iam_action="sagemaker:DescribeProcessingJob",
            iam_resources=[self._jobs],
            parameters={"ProcessingJobName": self._name()},
            result_path="$.gate",
        )

    def _judge(
        self, look: tasks.CallAwsService, *, again: sfn.Wait, then: sfn.IChainable, failed: sfn.IChainable
    ) -> None:
        running = sfn.Condition.or_(*(sfn.Condition.string_equals(_STATUS, it) for it in ("InProgress", "Stopping")))
        refused = sfn.Condition.string_matches(_REASON, "Algorithm*")  # by the job itself, not by SageMaker
        explained = sfn.Condition.is_present(_REASON)
        look.next(
            sfn.Choice(self._scope, "Judged?")
            .when(running, again)
            .when(sfn.Condition.string_equals(_STATUS, "Completed"), then)
            .when(sfn.Condition.and_(explained, refused), self._failure("Set refused", REFUSED, _REASON, failed))
            .when(explained, self._failure("Gate failed", UNREADABLE, _REASON, failed))
            .otherwise(
                self._failure("Gate ended", UNREADABLE, f"States.Format('the gate ended as {{}}', {_STATUS})", failed)
            )
        )

    def _failure(self, id_: str, error: str, cause: str, failed: sfn.IChainable) -> sfn.Chain:
        parameters = {"Error": error, "Cause": sfn.JsonPath.string_at(cause)}
        return sfn.Pass(self._scope, id_, parameters=parameters, result_path="$.failure").next(failed)

    def _name(self) -> str:
        """Equal for every attempt of an execution, so that a start tried again starts nothing new; 62 characters."""
        return sfn.JsonPath.string_at(f"States.Format('{self._prefix}{{}}', States.Hash($$.Execution.Id, 'MD5'))")

    def _pass_role(self) -> iam.PolicyStatement:
        return iam.PolicyStatement(
            actions=["iam:PassRole"],
            resources=[self._data.job_role.role_arn],
            conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        )


def _input(name: str, uri: str) -> dict[str, object]:
    source = {"S3Uri": uri, "LocalPath": f"{INPUT}/{name}", "S3DataType": "S3Prefix", "S3InputMode": "File"}
    return {"InputName": name, "S3Input": source}
