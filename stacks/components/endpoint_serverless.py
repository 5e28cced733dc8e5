"""A serverless endpoint: memory and parallel requests instead of instances; nothing captured, nothing in a VPC."""

from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from stacks.components.acknowledgement import acknowledge_rule
from stacks.components.endpoint_fleet import VARIANT
from stacks.target import Target


class ServerlessConfig(sagemaker.CfnEndpointConfig):
    """One variant on demand. It has no volume of ours, so there is no key to name."""

    def __init__(self, scope: Construct, id_: str, *, target: Target, model: sagemaker.CfnModel) -> None:
        settings = target.usecase.serving.on_demand
        variant = sagemaker.CfnEndpointConfig.ProductionVariantProperty(
            variant_name=VARIANT,
            model_name=model.attr_model_name,
            initial_variant_weight=1,
            serverless_config=sagemaker.CfnEndpointConfig.ServerlessConfigProperty(
                memory_size_in_mb=settings.memory_mb,
                max_concurrency=settings.max_concurrency,
                provisioned_concurrency=settings.provisioned or None,
            ),
        )
        super().__init__(scope, id_, production_variants=[variant])
        acknowledge_rule(
            self,
            "SageMakerEndpointConfigurationKMSKeyConfigured",
            "A serverless variant has no volume and captures nothing: a key would encrypt nothing.",
        )
