"""The states of one processing job of a monitor: start it, look until it ends, start it once more if it was lost.

The job's name is the plan's, the same for every copy of a request; whoever comes second finds the name taken and
watches the first one's job. A job that SageMaker lost is started once more under a second name.
"""

from dataclasses import dataclass
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from lambdas.monitoring.requests import INPUT, OUTPUT
from pipelines.retraining.plan import PROCESSING_SIZE, CodeLocations

TAKEN = ["SageMaker.ResourceInUseException", "SageMaker.ResourceInUse"]
PASSING_ERRORS = ["SageMaker.SageMakerException", "SageMaker.ResourceLimitExceededException", "States.Timeout"]
"""Throttling, outages, and too many jobs at once."""
_STATUS, _REASON = "$.look.ProcessingJobStatus", "$.look.FailureReason"


@dataclass(frozen=True, kw_only=True)
class MonitorJob:
    """What every job of monitors has: ``jobs`` is the ARN that its names begin with."""

    role: iam.IRole
    key: kms.IKey
    image: str
    code: CodeLocations
    jobs: str
    poll_s: int


class MonitorJobStates(Construct):
    """From ``first``. The job is asked for as ``asked`` says, a path such as ``$.plan``; then comes ``then``."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        job: MonitorJob,
        asked: str,
        then: sfn.IChainable,
        failed: sfn.IChainable,
        called: str = "",
        instances: Any = 1,
    ) -> None:
        """Build them.

        Args:
            scope: the construct of the machine's states.
            id_: within it.
            job: what it has of all jobs.
            asked: path of an object with ``names``, ``inputs``, ``arguments`` and ``output``.
            then: the state after it has completed.
            failed: the state after an error in ``$.failure``.
            called: ends the states' names.
            instances: how many machines, a number or a path's value.
        """
        super().__init__(scope, id_)
        self._job, self._asked, self._called = job, asked, called
        create, look = self._create(instances), self._look()
        wait = sfn.Wait(self, f"Wait{called}", time=sfn.WaitTime.duration(Duration.seconds(job.poll_s)))
        for task in (create, look):
            task.add_retry(errors=PASSING_ERRORS, interval=Duration.seconds(10), max_attempts=6, backoff_rate=2)
        create.add_catch(wait, errors=TAKEN, result_path=sfn.JsonPath.DISCARD)
        for task in (create, look):
            task.add_catch(failed, result_path="$.failure")
        first = sfn.Pass(self, f"First job{called}", input_path=f"{asked}.names[0]", result_path="$.job")
        second = sfn.Pass(self, f"Second job{called}", input_path=f"{asked}.names[1]", result_path="$.job")
        for name in (first, second):
            name.next(create)
        create.next(wait).next(look)
        self._judge(look, again=wait, second=second, then=then, failed=failed)
        self.first = first

    def _create(self, instances: Any) -> tasks.CallAwsService:
        size, job, asked = PROCESSING_SIZE, self._job, self._asked
        output = {"S3Uri": sfn.JsonPath.string_at(f"{asked}.output"), "LocalPath": OUTPUT, "S3UploadMode": "EndOfJob"}
        cluster = {
            "InstanceCount": instances,
            "InstanceType": size.instance_type,
            "VolumeSizeInGB": size.volume_gb,
            "VolumeKmsKeyId": job.key.key_arn,
        }
        return tasks.CallAwsService(
            self,
            f"Create{self._called}",
            service="sagemaker",
            action="createProcessingJob",
            iam_action="sagemaker:CreateProcessingJob",
            iam_resources=[job.jobs],
            additional_iam_statements=[self._pass_role()],
            parameters={
                "ProcessingJobName": sfn.JsonPath.string_at("$.job"),
                "RoleArn": job.role.role_arn,
                "AppSpecification": {
                    "ImageUri": job.image,
                    "ContainerEntrypoint": ["python3", "-m", "pipelines.jobs.monitor"],
                    "ContainerArguments": sfn.JsonPath.list_at(f"{asked}.arguments"),
                },
                "Environment": {"PYTHONPATH": f"{INPUT}/headrace/{job.code.headrace.rsplit('/', 1)[-1]}"},
                "ProcessingInputs": sfn.JsonPath.object_at(f"{asked}.inputs"),
                "ProcessingOutputConfig": {
                    "KmsKeyId": job.key.key_arn,
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
            resources=[self._job.role.role_arn],
            conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        )

    def _look(self) -> tasks.CallAwsService:
        return tasks.CallAwsService(
            self,
            f"Look{self._called}",
            service="sagemaker",
            action="describeProcessingJob",
            iam_action="sagemaker:DescribeProcessingJob",
            iam_resources=[self._job.jobs],
            parameters={"ProcessingJobName": sfn.JsonPath.string_at("$.job")},
            result_path="$.look",
        )

    def _judge(
        self,
        look: tasks.CallAwsService,
        *,
        again: sfn.Wait,
        second: sfn.Pass,
        then: sfn.IChainable,
        failed: sfn.IChainable,
    ) -> None:
        running = sfn.Condition.or_(*(sfn.Condition.string_equals(_STATUS, it) for it in ("InProgress", "Stopping")))
        explained, first = sfn.Condition.is_present(_REASON), sfn.Condition.string_matches("$.job", "*-1")
        refused = sfn.Condition.string_matches(_REASON, "Algorithm*")  # by the job's own code, which would do it again
        lost = sfn.Condition.and_(first, explained, sfn.Condition.not_(refused))
        told = self._failure("Reason given", _REASON)
        untold = self._failure("No reason given", f"States.Format('the job ended as {{}}', {_STATUS})")
        look.next(
            sfn.Choice(self, f"Ended?{self._called}")
            .when(running, again)
            .when(sfn.Condition.string_equals(_STATUS, "Completed"), then)
            .when(lost, second)
            .when(explained, told.next(failed))
            .otherwise(untold.next(failed))
        )

    def _failure(self, id_: str, cause: str) -> sfn.Pass:
        parameters = {"Error": "MonitorFailed", "Cause": sfn.JsonPath.string_at(cause)}
        return sfn.Pass(self, f"{id_}{self._called}", parameters=parameters, result_path="$.failure")
