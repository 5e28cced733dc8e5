"""A SageMaker endpoint of the use case's kind: its model, its configuration, its alarms and how it is updated."""

from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from stacks.components.bucket import LakeBucket
from stacks.components.endpoint_alarms import EndpointAlarms
from stacks.components.endpoint_asynchronous import AsynchronousConfig
from stacks.components.endpoint_fleet import VARIANT, FleetConfig
from stacks.components.endpoint_guardrails import guardrails
from stacks.components.endpoint_serverless import ServerlessConfig
from stacks.target import Target

__all__ = ["VARIANT", "Endpoint"]


class Endpoint(Construct):
    """Configuration, endpoint and alarms around a model. The configuration is unnamed: each change replaces it."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        target: Target,
        bucket: LakeBucket,
        model: sagemaker.CfnModel,
        challenger: sagemaker.CfnModel | None = None,
    ) -> None:
        super().__init__(scope, id_)
        can = target.usecase.serving.can
        alarms = EndpointAlarms(self, "Alarms", target=target)
        self.resource = sagemaker.CfnEndpoint(
            self,
            "Resource",
            endpoint_name=target.endpoint_name,
            endpoint_config_name=_config(scope, target, bucket, model, challenger).attr_endpoint_config_name,
            # Without it an update would fall back to the configured count and drop what scaling has added.
            retain_all_variant_properties=True if can.instances else None,
            exclude_retained_variant_properties=_by_template(target),
            deployment_config=guardrails(target.stage, steps=can.answers, alarms=alarms.rollback)
            if can.guardrails
            else None,
        )
        self.resource.override_logical_id("Endpoint")  # the stack policy protects it by this name


def _by_template(target: Target) -> list[sagemaker.CfnEndpoint.VariantPropertyProperty] | None:
    """A shadow's share comes and goes with its challenger; a share that was retained would keep it at none for good."""
    trial = target.usecase.serving.trial
    if trial is None or trial.shadow is None:
        return None
    return [sagemaker.CfnEndpoint.VariantPropertyProperty(variant_property_type="DesiredWeight")]


def _config(
    scope: Construct,
    target: Target,
    bucket: LakeBucket,
    model: sagemaker.CfnModel,
    challenger: sagemaker.CfnModel | None,
) -> sagemaker.CfnEndpointConfig:
    match target.usecase.serving.kind:
        case "serverless":
            return ServerlessConfig(scope, "Config", target=target, model=model)
        case "asynchronous":
            return AsynchronousConfig(scope, "Config", target=target, bucket=bucket, model=model)
        case _:
            return FleetConfig(scope, "Config", target=target, bucket=bucket, model=model, challenger=challenger)
