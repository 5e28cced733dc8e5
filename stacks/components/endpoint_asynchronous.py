"""An asynchronous endpoint: requests and answers are objects of the lake, and the fleet may have no instance."""

from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from lambdas.inference.settings import REQUESTS, TICKETS
from stacks.components.bucket import LakeBucket
from stacks.components.endpoint_fleet import FleetConfig
from stacks.target import Target

ANSWERS, FAILURES = "asynchronous/answers/", "asynchronous/failures/"


__all__ = ["ANSWERS", "FAILURES", "REQUESTS", "TICKETS", "AsynchronousConfig"]


class AsynchronousConfig(FleetConfig):
    """Answers and failures go below ``asynchronous/`` of the lake, under its key; rules on the bucket tell of them."""

    def __init__(
        self, scope: Construct, id_: str, *, target: Target, bucket: LakeBucket, model: sagemaker.CfnModel
    ) -> None:
        at_once = target.usecase.serving.queued.concurrent_per_instance
        root = f"s3://{bucket.bucket_name}/"
        queued = sagemaker.CfnEndpointConfig.AsyncInferenceConfigProperty(
            client_config=sagemaker.CfnEndpointConfig.AsyncInferenceClientConfigProperty(
                max_concurrent_invocations_per_instance=at_once
            ),
            output_config=sagemaker.CfnEndpointConfig.AsyncInferenceOutputConfigProperty(
                kms_key_id=bucket.key.key_arn,
                s3_output_path=f"{root}{ANSWERS.rstrip('/')}",
                s3_failure_path=f"{root}{FAILURES.rstrip('/')}",
            ),
        )
        super().__init__(scope, id_, target=target, bucket=bucket, model=model, queued=queued)
