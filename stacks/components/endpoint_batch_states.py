"""The states of batch scoring: is there a model, is there anything to score, then one job from start to end."""

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from stacks.components.acknowledgement import acknowledge_wildcard
from stacks.components.bucket import LakeBucket
from stacks.components.endpoint_batch_job import BATCH_FOLDER, job_name, job_stem, transform_job
from stacks.components.key import grant_attaching
from stacks.target import Target

_MODEL = "$.held.StackResourceSummaries[0]"
"""All that the endpoint stack of a use case holds that is scored in batch."""
_PASSING = [
    "SageMaker.SageMakerException",
    "SageMaker.ResourceLimitExceededException",
    "CloudFormation.CloudFormationException",
    "S3.S3Exception",
    "States.Timeout",
]
_STARTED = "SageMaker.ResourceInUseException"
"""There is a job of this execution's name: it was started, and the answer was lost."""
_FAILED = "BatchScoringFailed"


class BatchStates(Construct):
    """From ``first``: every way ends in ``Succeed`` or ``Fail``. Without a model, or without files, nothing is done."""

    def __init__(self, scope: Construct, id_: str, *, target: Target, bucket: LakeBucket) -> None:
        super().__init__(scope, id_)
        self._target, self._bucket = target, bucket
        stack = Stack.of(self)
        name = f"{target.stack_name('endpoint')}/*"
        self._stack = stack.format_arn(service="cloudformation", resource="stack", resource_name=name)
        self._jobs = stack.format_arn(
            service="sagemaker", resource="transform-job", resource_name=f"{job_stem(target)}-*"
        )
        self._models = stack.format_arn(service="sagemaker", resource="model", resource_name="*")
        nothing = sfn.Succeed(self, "Nothing to do")
        model, files, start, look = self._model(), self._files(), self._start(), self._look()
        for task in (model, files, start, look):
            task.add_retry(errors=_PASSING, interval=Duration.seconds(2), max_attempts=4, backoff_rate=2)
        wait = sfn.Wait(self, "Wait", time=sfn.WaitTime.duration(Duration.seconds(target.stage.poll_s)))
        start.add_catch(wait, errors=[_STARTED], result_path="$.started")
        start.next(wait).next(look).next(self._judge(wait))
        empty = sfn.Condition.number_equals("$.files.KeyCount", 0)
        some = files.next(sfn.Choice(self, "Any files?").when(empty, nothing).otherwise(start))
        held = sfn.Choice(self, "Any model?").when(sfn.Condition.is_present(_MODEL), self._name().next(some))
        self.first = model.next(held.otherwise(nothing))

    def grant(self, role: iam.Role) -> None:
        """What the job's start entails besides the calls, and why the grants are as wide as they are."""
        grant_attaching(self._bucket.key, role)
        acknowledge_wildcard(role, self._stack, "An ARN of a stack ends in an id known only after its creation.")
        acknowledge_wildcard(role, self._jobs, "A job is named when it starts.")
        acknowledge_wildcard(role, self._models, "CloudFormation names the model, anew with each approved package.")

    def _model(self) -> tasks.CallAwsService:
        """What the endpoint stack holds: the model, or nothing as long as none is approved."""
        return tasks.CallAwsService(
            self,
            "Model",
            service="cloudformation",
            action="listStackResources",
            iam_action="cloudformation:ListStackResources",
            iam_resources=[self._stack],
            parameters={"StackName": self._target.stack_name("endpoint")},
            result_path="$.held",
        )

    def _name(self) -> sfn.Pass:
        """The end of the model's ARN."""
        arn = sfn.JsonPath.string_at(f"{_MODEL}.PhysicalResourceId")
        name = sfn.JsonPath.array_get_item(sfn.JsonPath.string_split(arn, "/"), 1)
        return sfn.Pass(self, "Name", parameters={"Name": name}, result_path="$.model")

    def _files(self) -> tasks.CallAwsService:
        return tasks.CallAwsService(
            self,
            "Files",
            service="s3",
            action="listObjectsV2",
            iam_action="s3:ListBucket",
            iam_resources=[self._bucket.bucket_arn],
            parameters={"Bucket": self._bucket.bucket_name, "Prefix": BATCH_FOLDER, "MaxKeys": 1},
            result_selector={"KeyCount": sfn.JsonPath.number_at("$.KeyCount")},
            result_path="$.files",
        )

    def _start(self) -> tasks.CallAwsService:
        return tasks.CallAwsService(
            self,
            "Start",
            service="sagemaker",
            action="createTransformJob",
            iam_action="sagemaker:CreateTransformJob",
            iam_resources=[self._jobs, self._models],
            parameters=transform_job(self._target, self._bucket),
            result_path="$.started",
        )

    def _look(self) -> tasks.CallAwsService:
        return tasks.CallAwsService(
            self,
            "Look",
            service="sagemaker",
            action="describeTransformJob",
            iam_action="sagemaker:DescribeTransformJob",
            iam_resources=[self._jobs],
            parameters={"TransformJobName": job_name(self._target)},
            result_path="$.look",
        )

    def _judge(self, again: sfn.IChainable) -> sfn.Choice:
        status, reason = "$.look.TransformJobStatus", "$.look.FailureReason"
        running = sfn.Condition.or_(*(sfn.Condition.string_equals(status, it) for it in ("InProgress", "Stopping")))
        return (
            sfn.Choice(self, "Ended?")
            .when(running, again)
            .when(sfn.Condition.string_equals(status, "Completed"), sfn.Succeed(self, "Scored"))
            .when(sfn.Condition.is_present(reason), sfn.Fail(self, "Failed", error=_FAILED, cause_path=reason))
            .otherwise(sfn.Fail(self, "Stopped", error=_FAILED, cause="The transform job was stopped"))
        )
