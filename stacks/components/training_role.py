"""The two roles of training: one starts jobs and registers models, the other is what the jobs themselves may do."""

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.components.acknowledgement import acknowledge, acknowledge_wildcard
from stacks.components.bucket import LakeBucket
from stacks.components.container_image import grant_pull
from stacks.components.key import grant_volumes
from stacks.target import Target

TRAINING_FOLDER, MODEL_FOLDER = "training/", "models/"


class JobRole(iam.Role):
    """What preprocess, train and evaluate may do: read and write their folders of the lake, log, report metrics."""

    def __init__(self, scope: Construct, id_: str, *, bucket: LakeBucket) -> None:
        super().__init__(
            scope,
            id_,
            assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"),
            description="Runs the jobs of the training pipeline",
        )
        bucket.grant_read_of(self, TRAINING_FOLDER, MODEL_FOLDER)
        bucket.grant_write_to(self, TRAINING_FOLDER, MODEL_FOLDER)
        grant_volumes(bucket.key, self)
        grant_pull(self)
        self._grant_telemetry()

    def _grant_telemetry(self) -> None:
        stack = Stack.of(self)
        groups = [
            stack.format_arn(
                service="logs",
                resource="log-group",
                resource_name=f"/aws/sagemaker/{kind}:*",
                arn_format=ArnFormat.COLON_RESOURCE_NAME,
            )
            for kind in ("ProcessingJobs", "TrainingJobs")
        ]
        actions = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
        self.add_to_policy(iam.PolicyStatement(actions=actions, resources=groups))
        self.add_to_policy(
            iam.PolicyStatement(
                actions=["cloudwatch:PutMetricData"],
                resources=["*"],
                conditions={"StringLike": {"cloudwatch:namespace": ["/aws/sagemaker/*", "Headrace*"]}},
            )
        )
        for group in groups:
            acknowledge_wildcard(self, group, "SageMaker names the streams after its jobs; the group is its own.")
        acknowledge(self, {"AwsSolutions-IAM5[Resource::*]": "PutMetricData takes no resource; namespaces are named."})


class PipelineRole(iam.Role):
    """What the pipeline may do: start jobs under the jobs' role, read their reports, register in our group."""

    def __init__(self, scope: Construct, id_: str, *, target: Target, bucket: LakeBucket, jobs: JobRole) -> None:
        super().__init__(
            scope,
            id_,
            assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"),
            description="Runs the training pipeline",
        )
        self._grant_jobs(jobs, searches=target.usecase.model.tuning is not None)
        self._grant_registry(target)
        bucket.grant_read_of(self, TRAINING_FOLDER, MODEL_FOLDER)

    def _grant_jobs(self, jobs: JobRole, *, searches: bool) -> None:
        stack = Stack.of(self)
        kinds = {"processing-job": ("ProcessingJob", "pipelines-*"), "training-job": ("TrainingJob", "pipelines-*")}
        if searches:
            # Their names have no room for a prefix of the pipelines'.
            kinds["hyper-parameter-tuning-job"] = ("HyperParameterTuningJob", "*")
        for resource, (noun, names) in kinds.items():
            arn = stack.format_arn(service="sagemaker", resource=resource, resource_name=names)
            verbs = [f"sagemaker:{verb}{noun}" for verb in ("Create", "Describe", "Stop")]
            listing = [f"sagemaker:ListTrainingJobsFor{noun}"] * (names == "*")
            self.add_to_policy(iam.PolicyStatement(actions=[*verbs, *listing, "sagemaker:AddTags"], resources=[arn]))
            acknowledge_wildcard(self, arn, "A pipeline names its jobs after the execution.")
        self.add_to_policy(
            iam.PolicyStatement(
                actions=["iam:PassRole"],
                resources=[jobs.role_arn],
                conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
            )
        )

    def _grant_registry(self, target: Target) -> None:
        stack, name = Stack.of(self), target.model_package_group_name
        group = stack.format_arn(service="sagemaker", resource="model-package-group", resource_name=name)
        packages = stack.format_arn(service="sagemaker", resource="model-package", resource_name=f"{name}/*")
        # A version is created in its group: the reference has both as resources of the call.
        for resource, verbs in (
            (group, ("DescribeModelPackageGroup", "CreateModelPackage")),
            (packages, ("CreateModelPackage", "DescribeModelPackage", "UpdateModelPackage", "AddTags")),
        ):
            actions = [f"sagemaker:{verb}" for verb in verbs]
            self.add_to_policy(iam.PolicyStatement(actions=actions, resources=[resource]))
        acknowledge_wildcard(self, packages, "Every version of our own group.")
