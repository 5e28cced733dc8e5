"""What native Model Monitor and Clarify need of the jobs' role besides what Headrace's own monitors need."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam

from stacks.components.acknowledgement import acknowledge_wildcard


def grant_native(role: iam.Role) -> None:
    """Let a role pull AWS's two images, publish native metrics, and let Clarify ask a copy of the model."""
    stack = Stack.of(role)
    images = [
        f"arn:{stack.partition}:ecr:{stack.region}:*:repository/{name}"
        for name in ("sagemaker-model-monitor-analyzer", "sagemaker-clarify-processing")
    ]
    pull = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    copies = [
        stack.format_arn(service="sagemaker", resource=it, resource_name="sagemaker-clarify-*")
        for it in ("endpoint", "endpoint-config")
    ]
    verbs = ("CreateEndpointConfig", "CreateEndpoint", "DescribeEndpoint", "DeleteEndpoint", "DeleteEndpointConfig")
    asks = [f"sagemaker:{verb}" for verb in (*verbs, "InvokeEndpoint")]
    role.add_to_policy(iam.PolicyStatement(actions=pull, resources=images))
    role.add_to_policy(iam.PolicyStatement(actions=asks, resources=copies))
    role.add_to_policy(
        iam.PolicyStatement(
            actions=["cloudwatch:PutMetricData"],
            resources=["*"],
            conditions={"StringLike": {"cloudwatch:namespace": ["aws/sagemaker/*", "/aws/sagemaker/*"]}},
        )
    )
    for image in images:
        acknowledge_wildcard(role, image, "The registry's account differs by region and is not ours.")
    for copy in copies:
        acknowledge_wildcard(role, copy, "Clarify names the endpoint that it asks after its own job.")
