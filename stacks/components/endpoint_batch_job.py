"""The transform job of batch scoring: lines of JSON in, the same lines with their prediction out."""

from aws_cdk import aws_stepfunctions as sfn

from stacks.components.bucket import LakeBucket
from stacks.target import Target

BATCH_FOLDER, PREDICTIONS_FOLDER = "batch/", "predictions/"
_LINES = "application/jsonlines"
_STEM = 24
"""A job's name has 63 characters, 32 of which tell executions apart."""


def job_stem(target: Target) -> str:
    """What the names of the jobs begin with."""
    return target.prefix[:_STEM]


def job_name(target: Target) -> str:
    """One name per execution: a start that is tried again after a lost answer starts nothing new."""
    own = sfn.JsonPath.hash(sfn.JsonPath.string_at("$$.Execution.Id"), "MD5")
    return sfn.JsonPath.format(f"{job_stem(target)}-{{}}", own)


def transform_job(target: Target, bucket: LakeBucket) -> dict[str, object]:
    """The request, as a state machine makes it; ``$.model.Name`` names the model.

    As many lines as fit travel in one request. Each comes back whole, with its prediction as ``SageMakerOutput``.
    """
    serving = target.usecase.serving
    settings, root = serving.scheduled, f"s3://{bucket.bucket_name}/"
    started = sfn.JsonPath.string_at("$$.Execution.StartTime")
    day = sfn.JsonPath.array_get_item(sfn.JsonPath.string_split(started, "T"), 0)
    return {
        "TransformJobName": job_name(target),
        "ModelName": sfn.JsonPath.string_at("$.model.Name"),
        "BatchStrategy": "MultiRecord",
        "MaxPayloadInMB": settings.payload_mb,
        "MaxConcurrentTransforms": settings.concurrent,
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"{root}{BATCH_FOLDER}"}},
            "ContentType": _LINES,
            "SplitType": "Line",
        },
        "TransformOutput": {
            "S3OutputPath": sfn.JsonPath.format(f"{root}{PREDICTIONS_FOLDER}dt={{}}", day),
            "Accept": _LINES,
            "AssembleWith": "Line",
            "KmsKeyId": bucket.key.key_arn,
        },
        "DataProcessing": {"JoinSource": "Input"},
        "TransformResources": {
            "InstanceType": serving.instance_type,
            "InstanceCount": settings.instances,
            "VolumeKmsKeyId": bucket.key.key_arn,
        },
    }
