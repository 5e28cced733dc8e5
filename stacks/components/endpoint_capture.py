"""What an endpoint captures of requests and answers, for monitors to read."""

from aws_cdk import aws_sagemaker as sagemaker

from stacks.components.bucket import LakeBucket

CAPTURE_FOLDER = "capture/"


def capture(bucket: LakeBucket, *, percent: int) -> sagemaker.CfnEndpointConfig.DataCaptureConfigProperty:
    """Requests and answers as JSON under the lake's key; ``percent`` of them."""
    return sagemaker.CfnEndpointConfig.DataCaptureConfigProperty(
        enable_capture=True,
        initial_sampling_percentage=percent,
        destination_s3_uri=f"s3://{bucket.bucket_name}/{CAPTURE_FOLDER.rstrip('/')}",
        kms_key_id=bucket.key.key_arn,
        capture_options=[
            sagemaker.CfnEndpointConfig.CaptureOptionProperty(capture_mode=mode) for mode in ("Input", "Output")
        ],
        # Undeclared content types would be captured as base64, which monitors cannot join with their input.
        capture_content_type_header=sagemaker.CfnEndpointConfig.CaptureContentTypeHeaderProperty(
            json_content_types=["application/json"]
        ),
    )
