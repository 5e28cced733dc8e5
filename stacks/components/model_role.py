"""The role with which the model's container runs: read models, write captures, pull its image, write its log."""

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.components.acknowledgement import acknowledge_wildcard
from stacks.components.bucket import LakeBucket
from stacks.components.container_image import grant_pull
from stacks.components.endpoint_asynchronous import ANSWERS, FAILURES, REQUESTS
from stacks.components.endpoint_batch_job import BATCH_FOLDER, PREDICTIONS_FOLDER
from stacks.components.endpoint_capture import CAPTURE_FOLDER
from stacks.components.key import grant_volumes
from stacks.components.model_network import grant_network
from stacks.target import Target

MODEL_FOLDER = "models/"
_JOB_LOG = "/aws/sagemaker/TransformJobs"


class ModelRole(iam.Role):
    """Assumed by SageMaker for the endpoint."""

    def __init__(self, scope: Construct, id_: str, *, target: Target, bucket: LakeBucket) -> None:
        super().__init__(
            scope,
            id_,
            assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"),
            description="Runs the model behind the endpoint",
        )
        bucket.grant_read_of(self, MODEL_FOLDER)
        bucket.grant_write_to(self, CAPTURE_FOLDER)
        grant_volumes(bucket.key, self)
        grant_pull(self)
        self._grant_kind(target, bucket)
        self._grant_log(target)

    def _grant_kind(self, target: Target, bucket: LakeBucket) -> None:
        """What the use case's kind of endpoint reads and writes besides."""
        serving = target.usecase.serving
        if serving.kind == "asynchronous":
            bucket.grant_read_of(self, REQUESTS)
            bucket.grant_write_to(self, ANSWERS, FAILURES)
        if serving.kind == "batch":
            bucket.grant_read_of(self, BATCH_FOLDER)
            bucket.grant_write_to(self, PREDICTIONS_FOLDER)
        if target.model_network:
            grant_network(self, target.model_network)

    def _grant_log(self, target: Target) -> None:
        stack = Stack.of(self)
        group = stack.format_arn(
            service="logs",
            resource="log-group",
            resource_name=_JOB_LOG
            if target.usecase.serving.kind == "batch"
            else f"/aws/sagemaker/Endpoints/{target.endpoint_name}",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        actions = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
        self.add_to_policy(iam.PolicyStatement(actions=actions, resources=[f"{group}:*"]))
        acknowledge_wildcard(self, f"{group}:*", "Streams are named by instance; the group is this endpoint's.")
