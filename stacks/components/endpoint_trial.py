"""The second variant of an endpoint: it holds a challenger while one is on trial, else what serves already."""

import math

from aws_cdk import CfnCondition, Fn, Token
from aws_cdk import aws_sagemaker as sagemaker

from pipelines.retraining.image import serving_image

CHALLENGER_PARAMETER = "ChallengerModelData"
ON_TRIAL = "HasChallenger"
"""The condition that there is one."""
CHALLENGER = "Challenger"
"""The variant. It is always there, because guarded updates need the same variants before and after."""
_NOTHING = "AWS::NoValue"
_ENVIRONMENT = {
    "SAGEMAKER_PROGRAM": "inference.py",
    "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
    "PIP_NO_BUILD_ISOLATION": "0",
    "PIP_NO_INDEX": "1",
}


def on_trial_or_packaged(
    on_trial: CfnCondition, *, artifact: str, package_arn: str, region: str
) -> sagemaker.CfnModel.ContainerDefinitionProperty:
    """The container of the second variant.

    A package that nobody has approved cannot be deployed as such, so a challenger comes by its artifact.
    """

    def either(challenger: object, champion: object) -> str:
        return Fn.condition_if(on_trial.logical_id, challenger, champion).to_string()

    nothing = Fn.ref(_NOTHING)
    return sagemaker.CfnModel.ContainerDefinitionProperty(
        image=either(serving_image(region), nothing),
        model_data_url=either(artifact, nothing),
        model_package_name=either(nothing, package_arn),
        environment=Fn.condition_if(on_trial.logical_id, _ENVIRONMENT, nothing),
    )


def shadow_variant(
    model: sagemaker.CfnModel, *, instance_type: str, instances: int, percent: int, on_trial: str
) -> sagemaker.CfnEndpointConfig.ProductionVariantProperty:
    """A variant that gets copies of requests and answers nobody.

    SageMaker copies as large a share as its weight is of the answering variant's, which is 1. Without a challenger it
    holds what serves, and gets none.
    """
    return sagemaker.CfnEndpointConfig.ProductionVariantProperty(
        variant_name=CHALLENGER,
        model_name=model.attr_model_name,
        instance_type=instance_type,
        initial_instance_count=max(1, math.ceil(instances * percent / 100)),
        initial_variant_weight=Token.as_number(Fn.condition_if(on_trial, percent / 100, 0)),
    )


def challenger_variant(
    model: sagemaker.CfnModel, *, instance_type: str
) -> sagemaker.CfnEndpointConfig.ProductionVariantProperty:
    """One instance without traffic: a trial gives it both."""
    return sagemaker.CfnEndpointConfig.ProductionVariantProperty(
        variant_name=CHALLENGER,
        model_name=model.attr_model_name,
        instance_type=instance_type,
        initial_instance_count=1,
        initial_variant_weight=0,
    )
