"""A multi-model endpoint: one fleet, one model per tenant, loaded when a request first names it."""

from aws_cdk import aws_sagemaker as sagemaker

from pipelines.retraining.image import serving_image
from stacks.components.bucket import LakeBucket
from stacks.target import Target

TENANTS_FOLDER = "models/tenants/"
"""``{tenant}/model.tar.gz`` below it answers ``TargetModel={tenant}/model.tar.gz``."""


def tenants(target: Target, *, bucket: LakeBucket, package_arn: str) -> sagemaker.CfnModel.ContainerDefinitionProperty:
    """The container that serves whichever model a request names.

    Models that are loaded stay loaded: a changed file is read by a new fleet only. So the container carries the
    approved package: each approval replaces the fleet, blue/green, and every tenant's model is read afresh.
    """
    settings = target.usecase.serving.multi_model
    cached = settings is None or settings.keep_loaded
    return sagemaker.CfnModel.ContainerDefinitionProperty(
        image=serving_image(target.region),
        mode="MultiModel",
        model_data_url=f"s3://{bucket.bucket_name}/{TENANTS_FOLDER}",
        multi_model_config=sagemaker.CfnModel.MultiModelConfigProperty(
            model_cache_setting="Enabled" if cached else "Disabled"
        ),
        environment={
            "SAGEMAKER_PROGRAM": "inference.py",
            "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
            "PIP_NO_BUILD_ISOLATION": "0",
            "PIP_NO_INDEX": "1",
            "HEADRACE_PACKAGE": package_arn,
        },
    )
