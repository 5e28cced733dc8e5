"""The right to pull SageMaker's own XGBoost image, which AWS keeps in a registry account per region."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam

from stacks.components.acknowledgement import acknowledge, acknowledge_wildcard

REPOSITORY = "sagemaker-xgboost"


def grant_pull(role: iam.Role) -> None:
    """Let a role pull the one image that trains, evaluates and serves."""
    stack = Stack.of(role)
    image = f"arn:{stack.partition}:ecr:{stack.region}:*:repository/{REPOSITORY}"
    pull = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    role.add_to_policy(iam.PolicyStatement(actions=pull, resources=[image]))
    role.add_to_policy(iam.PolicyStatement(actions=["ecr:GetAuthorizationToken"], resources=["*"]))
    acknowledge_wildcard(
        role, image, "The registry's account differs by region and is not ours; the repository is named."
    )
    acknowledge(role, {"AwsSolutions-IAM5[Resource::*]": "A registry's login takes no resource."})
