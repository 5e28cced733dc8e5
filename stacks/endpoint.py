"""The endpoint: absent until a model is approved, then changed by one parameter under rollback alarms.

Deployment updates this stack with its previous template and a new ``ModelPackageArn``; so this stack holds nothing that
a model change must not touch: no roles, and no exports, because its resources come and go with the condition.
"""

from pathlib import Path

from aws_cdk import CfnCondition, CfnParameter, CfnResource, DefaultStackSynthesizer, Fn
from constructs import Construct

from stacks.components.endpoint import Endpoint
from stacks.components.endpoint_model import ServedModel, packaged
from stacks.components.endpoint_multi_model import tenants
from stacks.components.endpoint_scaling import EndpointScaling
from stacks.components.endpoint_trial import CHALLENGER_PARAMETER, ON_TRIAL, on_trial_or_packaged
from stacks.lake import Lake
from stacks.stack import HeadraceStack
from stacks.target import Target

PACKAGE_PARAMETER = "ModelPackageArn"
POLICY_FILE = Path(__file__).with_name("endpoint_policy.json")
"""Refuses to delete or replace the endpoint. Stack policies are no part of templates: docs/resources.md says more."""


class EndpointStack(HeadraceStack):
    """Model, endpoint configuration, endpoint, its scaling and its alarms, all under one condition.

    Where everything is scored in batch, the model is all there is; ``serving`` runs the jobs that use it.
    """

    noun = "endpoint"

    def __init__(self, scope: Construct, *, target: Target, lake: Lake, execution_role_arn: str) -> None:
        super().__init__(
            scope,
            target=target,
            description="Headrace endpoint: the approved model, its rollout and its scaling",
            # No parameter besides the model's: an update by deployment then depends on nothing else.
            synthesizer=DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
        )
        package = CfnParameter(
            self,
            PACKAGE_PARAMETER,
            default="",
            allowed_pattern=r"^$|^arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:\d{12}:model-package/\S+$",
            description="The approved model package that serves. Empty: no endpoint, no cost.",
        )
        approved = CfnCondition(self, "HasModel", expression=Fn.condition_not(Fn.condition_equals(package, "")))
        model = self._build_model(lake, package.value_as_string, execution_role_arn)
        if target.usecase.serving.kind != "batch":
            challenger = self._build_challenger(package.value_as_string, execution_role_arn)
            endpoint = Endpoint(self, "Endpoint", target=target, bucket=lake.bucket, model=model, challenger=challenger)
            EndpointScaling(self, "Scaling", target=target, endpoint=endpoint)
        for construct in self.node.find_all():
            if isinstance(construct, CfnResource):
                construct.cfn_options.condition = approved

    def _build_model(self, lake: Lake, package_arn: str, execution_role_arn: str) -> ServedModel:
        container = (
            tenants(self.target, bucket=lake.bucket, package_arn=package_arn)
            if self.target.usecase.serving.kind == "multi_model"
            else packaged(package_arn)
        )
        return ServedModel(
            self, "Model", target=self.target, container=container, execution_role_arn=execution_role_arn
        )

    def _build_challenger(self, package_arn: str, execution_role_arn: str) -> ServedModel | None:
        """The model of the second variant: the challenger's artifact, or without one the champion once more."""
        if self.target.usecase.serving.trial is None:
            return None
        artifact = CfnParameter(
            self,
            CHALLENGER_PARAMETER,
            default="",
            allowed_pattern=r"^$|^s3://\S+$",
            description="The artifact that is on trial. Empty: the second variant holds what serves.",
        )
        on_trial = CfnCondition(self, ON_TRIAL, expression=Fn.condition_not(Fn.condition_equals(artifact, "")))
        container = on_trial_or_packaged(
            on_trial, artifact=artifact.value_as_string, package_arn=package_arn, region=self.target.region
        )
        return ServedModel(
            self, "Challenger", target=self.target, container=container, execution_role_arn=execution_role_arn
        )
