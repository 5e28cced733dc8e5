"""What the monitoring function may touch: lists of files, its plans, documents of runs, the deployed model's name."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam

from headrace.monitoring import BASELINES, FOLDER, PLANS, schedule_name
from headrace.usecase import UseCase
from stacks.components.acknowledgement import acknowledge_wildcard
from stacks.components.bucket import LakeBucket
from stacks.components.monitor_role import EVENTS
from stacks.target import Target

_UNNAMED = "Models and configurations are named by CloudFormation; describing one changes nothing."


def joins_events(usecase: UseCase) -> bool:
    """Whether our own monitor of bias tells groups apart by fields that only events have."""
    monitor = usecase.monitor
    return monitor.engine == "headrace" and "bias" in monitor.kinds and bool(usecase.uncaptured_facets)


def history_of(target: Target) -> str:
    """The folder of earlier runs that our own monitor of the data shows in its report; empty if there is none."""
    monitor = target.usecase.monitor
    if monitor.engine != "headrace" or "data_quality" not in monitor.kinds:
        return ""
    return f"{FOLDER}{target.endpoint_name}/{schedule_name(target.endpoint_name, 'data_quality')}/"


def grant_monitoring(role: iam.Role, *, target: Target, bucket: LakeBucket) -> None:
    """Let a role plan runs of monitors and read what they found."""
    bucket.grant_list_of(role, "capture/", "ground-truth/", *([EVENTS] if joins_events(target.usecase) else []))
    bucket.grant_read_of(role, PLANS, FOLDER)
    bucket.grant_put_to(role, PLANS)
    stack, group = Stack.of(role), target.model_package_group_name

    def arn(resource: str, name: str) -> str:
        return stack.format_arn(service="sagemaker", resource=resource, resource_name=name)

    unnamed = {"sagemaker:DescribeEndpointConfig": "endpoint-config", "sagemaker:DescribeModel": "model"}
    packages = arn("model-package", f"{group}/*")
    grants = {
        "sagemaker:DescribeEndpoint": arn("endpoint", target.endpoint_name),
        "sagemaker:DescribeModelPackage": packages,
        **{action: arn(resource, "*") for action, resource in unnamed.items()},
    }
    for action, resource in grants.items():
        role.add_to_policy(iam.PolicyStatement(actions=[action], resources=[resource]))
    for resource in unnamed.values():
        acknowledge_wildcard(role, arn(resource, "*"), _UNNAMED)
    acknowledge_wildcard(role, packages, "Every version of our own group.")


def grant_adoption(role: iam.Role, bucket: LakeBucket) -> None:
    """Let a role copy a deployed model's baseline to where native monitors look."""
    bucket.grant_read_of(role, "models/")
    bucket.grant_put_to(role, BASELINES)
