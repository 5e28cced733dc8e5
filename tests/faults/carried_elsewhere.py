"""Rights that AWS uses under a role where other settings or use cases are deployed: which, when, and why."""

import re
from dataclasses import replace

from carried_rights import ROWS as DEFAULT
from carried_rights import Carried
from template_causes import either, naming, used

_FUNCTION, _MODEL = "AWS::Lambda::Function", "AWS::SageMaker::Model"
_MACHINE, _PIPELINE = "AWS::StepFunctions::StateMachine", "AWS::SageMaker::Pipeline"
_DEFINITIONS = tuple(
    f"AWS::SageMaker::{kind}JobDefinition"
    for kind in ("DataQuality", "ModelQuality", "ModelBias", "ModelExplainability")
)
_NATIVE = either(*(used(it) for it in _DEFINITIONS))
_CLARIFY = either(*(used(it) for it in _DEFINITIONS[2:]))
_TRIALS = tuple(
    replace(row, service="states")
    for row in DEFAULT
    if row.service == "lambda" and re.search("Cloud|scalable", row.why)
)
"""A trial updates the endpoint's stack as deployment does."""
ROWS = (
    *_TRIALS,
    Carried(
        "lambda",
        "ec2:((Create|Delete)NetworkInterface|Describe(NetworkInterfaces|Subnets)|(Una|A)ssignPrivateIpAddresses)",
        used(_FUNCTION, '"VpcConfig"'),
        "Lambda puts the function into its subnets",
    ),
    Carried(
        "sagemaker",
        "ec2:((Create|Delete)NetworkInterface(Permission)?"
        "|Describe(NetworkInterfaces|Vpcs|DhcpOptions|Subnets|SecurityGroups))",
        used(_MODEL, '"VpcConfig"'),
        "SageMaker puts the model into its subnets",
    ),
    Carried(
        "sagemaker",
        "sagemaker:(AddTags|(Create|Describe|Stop)HyperParameterTuningJob|ListTrainingJobsForHyperParameterTuningJob)",
        used(_PIPELINE, "HyperParameterTuningJobConfig"),
        "the pipeline runs a search",
    ),
    Carried(
        "sagemaker",
        "s3:(AbortMultipartUpload|GetObject|ListBucket|PutObject)|ecr:.*"
        "|kms:(CreateGrant|Decrypt|DescribeKey|GenerateDataKey)"
        "|logs:(CreateLogGroup|CreateLogStream|DescribeLogStreams|PutLogEvents)|cloudwatch:PutMetricData",
        _NATIVE,
        "SageMaker's own monitors run as jobs, and publish what they find",
    ),
    Carried(
        "sagemaker",
        "sagemaker:((Create|Delete)Endpoint(Config)?|DescribeEndpoint|InvokeEndpoint)",
        _CLARIFY,
        "Clarify asks a copy of the model",
    ),
    Carried(
        "states",
        "kms:CreateGrant",
        used(_MACHINE, "createTransformJob", "VolumeKmsKeyId"),
        "the volumes of a job that names no role are encrypted for who asks for it",
    ),
    Carried(
        "cloudtrail",
        "logs:(CreateLogStream|PutLogEvents)",
        naming("AWS::CloudTrail::Trail"),
        "CloudTrail logs who touched the data",
    ),
    Carried(
        "apigateway",
        "logs:(Create|Describe)Log(Group|Groups|Stream|Streams)|logs:(PutLogEvents|GetLogEvents|FilterLogEvents)",
        used("AWS::ApiGateway::Account"),
        "API Gateway logs with one role of the account, and refuses a role that lacks one of these",
    ),
)
