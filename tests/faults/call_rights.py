"""The rights that a call of the SDK needs: IAM actions on resources, those on the key of what it touches included.

Most operations are authorized under their own name. Those that are not, and what a key is asked for on the caller's
behalf, are as AWS's service authorization reference and each service's page on encryption have it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from role_grants import ACCOUNT, REGION

PLACE = f"{REGION}:{ACCOUNT}"
KEY = f"arn:aws:kms:{PLACE}:key/key"
_PREFIXES = {"sfn": "states", "sagemaker-runtime": "sagemaker", "sagemaker-featurestore-runtime": "sagemaker"}
_S3 = {"ListObjectsV2": "ListBucket", "HeadObject": "GetObject"}
_RESOURCES = {
    ("cloudformation", "StackName"): "stack/{}/id",
    ("dynamodb", "TableName"): "table/{}",
    ("firehose", "DeliveryStreamName"): "deliverystream/{}",
    ("kinesis", "StreamName"): "stream/{}",
    ("glue", "JobName"): "job/{}",
    ("sagemaker", "ProcessingJobName"): "processing-job/{}",
    ("sagemaker", "TransformJobName"): "transform-job/{}",
    ("sagemaker", "PipelineName"): "pipeline/{}",
    ("sagemaker", "ModelPackageGroupName"): "model-package/{}/1",
    ("sagemaker", "EndpointConfigName"): "endpoint-config/{}",
    ("sagemaker", "EndpointName"): "endpoint/{}",
    ("sagemaker", "FeatureGroupName"): "feature-group/{}",
    ("sagemaker", "ModelName"): "model/{}",
}
_ARNS = (
    "ModelPackageName",
    "ModelPackageArn",
    "TopicArn",
    "SecretId",
    "PipelineExecutionArn",
    "ExecutionArn",
    "StateMachineArn",
)
_KEY_USES = {
    "s3:GetObject": ("Decrypt",),
    "s3:GetObjectVersion": ("Decrypt",),
    "s3:PutObject": ("GenerateDataKey",),
    "kinesis:PutRecords": ("GenerateDataKey",),
    "secretsmanager:GetSecretValue": ("Decrypt",),
    "sns:Publish": ("Decrypt", "GenerateDataKey"),
    "sqs:SendMessage": ("Decrypt", "GenerateDataKey"),
}
"""What a call makes its service ask our key for with the caller's rights. DynamoDB decrypts a table's key for all."""
_PARTIQL = re.compile(r"\s*(?P<verb>\w+)\b[^\"]*\"(?P<table>[^\"]+)\"")
_TRANSACTION = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}


@dataclass(frozen=True)
class Right:
    """An action on a resource, under a request's condition keys."""

    action: str
    resource: str
    context: Mapping[str, Any] = field(default_factory=dict, compare=False)


def needed(service: str, operation: str, given: Mapping[str, Any]) -> list[Right]:
    """What the caller of an operation with these parameters must be allowed, all of it."""
    prefix = _PREFIXES.get(service, service)
    own = list(_own(prefix, operation, given))
    uses = {use for right in own for use in _KEY_USES.get(right.action, ("Decrypt",) if prefix == "dynamodb" else ())}
    context = {"kms:viaservice": f"{prefix}.{REGION}.amazonaws.com"}
    return [*own, *(Right(f"kms:{use}", KEY, context) for use in sorted(uses))]


def _own(prefix: str, operation: str, given: Mapping[str, Any]) -> Iterator[Right]:
    if prefix == "s3":
        yield _object(operation, given)
    elif operation == "CreateTransformJob":  # IAM asks for the job and for the model
        for kind, name in (("transform-job", given["TransformJobName"]), ("model", given["ModelName"])):
            yield Right(f"sagemaker:{operation}", f"arn:aws:sagemaker:{PLACE}:{kind}/{name}")
    elif operation == "DescribeAlarms":
        yield Right("cloudwatch:DescribeAlarms", f"arn:aws:cloudwatch:{PLACE}:alarm:*")
    elif operation == "InvokeEndpointAsync":
        yield Right("sagemaker:InvokeEndpointAsync", f"arn:aws:sagemaker:{PLACE}:endpoint/{given['EndpointName']}")
    elif prefix == "dynamodb":
        for action, table in _items(operation, given):
            yield Right(f"dynamodb:{action}", f"arn:aws:dynamodb:{PLACE}:table/{table}")
    elif prefix == "events":
        sources = " ".join(sorted({str(it["Source"]) for it in given["Entries"]}))
        yield Right("events:PutEvents", f"arn:aws:events:{PLACE}:event-bus/default", {"events:source": sources})
    elif prefix == "sqs":
        yield Right(f"sqs:{operation}", f"arn:aws:sqs:{PLACE}:{given['QueueUrl'].rpartition('/')[2]}")
    else:
        context = {"cloudformation:resourcetypes": given["ResourceTypes"]} if "ResourceTypes" in given else {}
        yield Right(f"{prefix}:{operation}", _resource(prefix, given), context)


def _object(operation: str, given: Mapping[str, Any]) -> Right:
    action = _S3.get(operation, operation)
    if action == "ListBucket":
        return Right("s3:ListBucket", f"arn:aws:s3:::{given['Bucket']}", {"s3:prefix": given.get("Prefix", "")})
    if "VersionId" in given:
        action += "Version"
    return Right(f"s3:{action}", f"arn:aws:s3:::{given['Bucket']}/{given['Key']}")


def _items(operation: str, given: Mapping[str, Any]) -> set[tuple[str, str]]:
    """The actions and tables that a call of DynamoDB is made of."""
    match operation:
        case "BatchExecuteStatement":
            found = [_PARTIQL.match(it["Statement"]) for it in given["Statements"]]
            return {(f"PartiQL{it['verb'].capitalize()}", it["table"]) for it in found if it}
        case "TransactWriteItems":
            parts = [part for it in given["TransactItems"] for part in it.items()]
            return {(_TRANSACTION[kind], part["TableName"]) for kind, part in parts}
        case "BatchGetItem":
            return {(operation, table) for table in given["RequestItems"]}
        case _:
            return {(operation, given["TableName"])}


def _resource(prefix: str, given: Mapping[str, Any]) -> str:
    for name in _ARNS:
        if name in given:
            return str(given[name])
    for (owner, name), shape in _RESOURCES.items():
        if owner == prefix and name in given:
            return f"arn:aws:{prefix}:{PLACE}:{shape.format(given[name])}"
    return "*"


def listing(service: str, operation: str, given: Mapping[str, Any]) -> Right | None:
    """The right without which S3 says "denied" instead of "there is none" of an object that is not there."""
    if service != "s3" or operation not in ("GetObject", "HeadObject"):
        return None
    return Right("s3:ListBucket", f"arn:aws:s3:::{given['Bucket']}", {"s3:prefix": given["Key"]})


def needed_by_task(resource: str, given: Mapping[str, Any]) -> list[Right]:
    """What a state machine's role must be allowed for a task, by the task's resource and parameters."""
    if ":::" not in resource:
        return [Right("lambda:InvokeFunction", resource)]
    service, _, operation = resource.partition(":::")[2].removeprefix("aws-sdk:").partition(":")
    operation, _, pattern = operation.partition(".")
    rights = needed(service, operation[0].upper() + operation[1:], given)
    if pattern == "sync" and service == "glue":
        rights += [Right("glue:GetJobRun", it.resource) for it in rights]
    if "RoleArn" in given:
        passed = {"iam:passedtoservice": "sagemaker.amazonaws.com"}
        rights.append(Right("iam:PassRole", str(given["RoleArn"]), passed))
    return rights
