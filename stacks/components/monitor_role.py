"""What a monitor's job may do: read what was captured, labelled and trained, and write its documents."""

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from headrace.monitoring import FOLDER, PARTS, PLANS
from stacks.components.acknowledgement import acknowledge_wildcard
from stacks.components.bucket import LakeBucket
from stacks.components.container_image import grant_pull
from stacks.components.job_code import JobCode
from stacks.components.key import grant_volumes

NAMED, MODELS = ("capture/", "ground-truth/", PLANS), "models/"
"""What runs read: objects that a manifest names, or is, and baselines."""
EVENTS = "events/"
"""What bias is told apart by, where a facet's field is no feature."""


class MonitorJobRole(iam.Role):
    """Assumed by SageMaker for processing jobs of monitors."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        bucket: LakeBucket,
        code: JobCode,
        parted: bool = False,
        joined: bool = False,
        history: str = "",
    ) -> None:
        """Build it.

        Args:
            scope: the stack.
            id_: within it.
            bucket: the lake's.
            code: what jobs run.
            parted: whether jobs leave parts for one another.
            joined: whether they look up events of answers.
            history: the folder of the monitor whose earlier runs a report shows; empty for none.
        """
        super().__init__(
            scope,
            id_,
            assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"),
            description="Runs the jobs that watch the deployed model",
        )
        parts = (PARTS,) if parted else ()
        earlier = (history,) if history else ()
        bucket.grant_read_of(self, *NAMED, *([EVENTS] if joined else []), MODELS, *earlier, *parts)
        bucket.grant_write_to(self, FOLDER, *parts)
        code.grant_read_to(self)
        grant_volumes(bucket.key, self)
        grant_pull(self)
        group = Stack.of(self).format_arn(
            service="logs",
            resource="log-group",
            resource_name="/aws/sagemaker/ProcessingJobs:*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        actions = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
        self.add_to_policy(iam.PolicyStatement(actions=actions, resources=[group]))
        acknowledge_wildcard(self, group, "SageMaker names the streams after its jobs; the group is its own.")
