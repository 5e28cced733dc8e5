"""The model behind the endpoint: an approved package, or, of a multi-model endpoint, a folder of models."""

from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from stacks.target import Target


class ServedModel(sagemaker.CfnModel):
    """Unnamed, because each change replaces it. Cut off from every network where the kind allows it."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        target: Target,
        container: sagemaker.CfnModel.ContainerDefinitionProperty,
        execution_role_arn: str,
    ) -> None:
        network = target.model_network
        super().__init__(
            scope,
            id_,
            execution_role_arn=execution_role_arn,
            # Serverless containers cannot be isolated; the role and the image are the same ones.
            enable_network_isolation=True if target.usecase.serving.can.isolation else None,
            primary_container=container,
            vpc_config=sagemaker.CfnModel.VpcConfigProperty(
                subnets=list(network.subnets), security_group_ids=list(network.security_groups)
            )
            if network
            else None,
        )


def packaged(package_arn: str) -> sagemaker.CfnModel.ContainerDefinitionProperty:
    """The container of one model package."""
    return sagemaker.CfnModel.ContainerDefinitionProperty(model_package_name=package_arn)
