"""The SDK's session, made so that nothing it does needs an account."""

import boto3
from sagemaker.core.workflow.pipeline_context import PipelineSession

from pipelines.retraining.plan import Plan


def open_session(plan: Plan) -> PipelineSession:
    """A session that renders steps; its credentials are made up and it never calls."""
    unused = boto3.Session(region_name=plan.region, aws_access_key_id="unused", aws_secret_access_key="unused")  # noqa: S106 - no secret
    session = PipelineSession(boto_session=unused, default_bucket=plan.bucket)
    # Set here, the SDK offering no other way, because asking for the default bucket would otherwise create one.
    session._default_bucket = plan.bucket
    return session
