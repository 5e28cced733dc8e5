"""Endpoints on instances: real-time, many models, and, with a queue in front of the fleet, asynchronous."""

from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from stacks.components.bucket import LakeBucket
from stacks.components.endpoint_capture import capture
from stacks.components.endpoint_trial import ON_TRIAL, challenger_variant, shadow_variant
from stacks.target import Target

VARIANT = "AllTraffic"
"""Blue/green updates need the same variant name in the old and the new configuration."""


class FleetConfig(sagemaker.CfnEndpointConfig):
    """One variant on instances, or two where challengers are tried, of which one may be a shadow.

    Volumes are encrypted with the lake's key.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        target: Target,
        bucket: LakeBucket,
        model: sagemaker.CfnModel,
        challenger: sagemaker.CfnModel | None = None,
        queued: sagemaker.CfnEndpointConfig.AsyncInferenceConfigProperty | None = None,
    ) -> None:
        serving = target.usecase.serving
        variant = sagemaker.CfnEndpointConfig.ProductionVariantProperty(
            variant_name=VARIANT,
            model_name=model.attr_model_name,
            instance_type=serving.instance_type,
            initial_instance_count=max(1, target.min_instances),
            initial_variant_weight=1,
        )
        trial, second, shadows = serving.trial, [], None
        if challenger and trial and trial.shadow is not None:
            shadows = [
                shadow_variant(
                    challenger,
                    instance_type=serving.instance_type,
                    instances=max(1, target.min_instances),
                    percent=trial.shadow,
                    on_trial=ON_TRIAL,
                )
            ]
        elif challenger:
            second = [challenger_variant(challenger, instance_type=serving.instance_type)]
        super().__init__(
            scope,
            id_,
            production_variants=[variant, *second],
            shadow_production_variants=shadows,
            data_capture_config=capture(bucket, percent=serving.sampled_percent) if serving.can.capture else None,
            async_inference_config=queued,
            kms_key_id=bucket.key.key_arn,
        )
