"""Roles, stacks and packages in a running emulator."""

import json
from typing import Any

from scenarios import ECHO_MODEL, archive, wait_for
from step_requests import IMAGE, definition, processing_step

from local.loop import Loop

ACCOUNT = "000000000000"


def create_role(loop: Loop, name: str, actions: list[str], resources: list[str]) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = {"Effect": "Allow", "Action": actions, "Resource": resources}
    iam = loop.client("iam")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(policy))


def document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def package(loop: Loop, version: str, *, group: str = "echo", status: str = "Approved") -> str:
    sagemaker = loop.client("sagemaker")
    if not sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"]:
        sagemaker.create_model_package_group(ModelPackageGroupName=group)
    key = f"models/{version}/model.tar.gz"
    model = archive({"version": version, "code/inference.py": ECHO_MODEL})
    loop.client("s3").put_object(Bucket="lake", Key=key, Body=model)
    container = {
        "Image": IMAGE,
        "ModelDataUrl": f"s3://lake/{key}",
        "Environment": {"SAGEMAKER_PROGRAM": "inference.py"},
    }
    answer = sagemaker.create_model_package(
        ModelPackageGroupName=group,
        ModelApprovalStatus=status,
        InferenceSpecification={
            "Containers": [container],
            "SupportedContentTypes": ["application/json"],
            "SupportedResponseMIMETypes": ["application/json"],
        },
    )
    arn: str = answer["ModelPackageArn"]
    return arn


def template() -> str:
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": "s3://lake/capture",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"]},
    }
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
        "InitialInstanceCount": {"Ref": "Instances"},
        "InitialVariantWeight": 1,
        "InstanceType": "ml.m5.large",
    }
    model = {
        "PrimaryContainer": {"ModelPackageName": {"Ref": "ModelPackageArn"}},
        "ExecutionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/pipeline",
    }
    endpoint = {
        "EndpointName": "echo",
        "EndpointConfigName": {"Fn::GetAtt": ["Config", "EndpointConfigName"]},
        "RetainAllVariantProperties": True,
        "DeploymentConfig": {
            "BlueGreenUpdatePolicy": {
                "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
            }
        },
    }
    config = {"ProductionVariants": [variant], "DataCaptureConfig": capture}
    parameters = {"ModelPackageArn": {"Type": "String"}, "Instances": {"Type": "Number", "Default": 1}}
    return json.dumps(
        {
            "Parameters": parameters,
            "Resources": {
                "Model": {"Type": "AWS::SageMaker::Model", "Properties": model},
                "Config": {"Type": "AWS::SageMaker::EndpointConfig", "Properties": config},
                "Endpoint": {"Type": "AWS::SageMaker::Endpoint", "Properties": endpoint},
            },
            "Outputs": {
                "Endpoint": {"Value": {"Ref": "Endpoint"}},
                "Config": {"Value": {"Fn::GetAtt": ["Config", "EndpointConfigName"]}},
            },
        }
    )


def stack_status(loop: Loop, name: str) -> str:
    def ended() -> str | None:
        stack = loop.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
        status: str = stack["StackStatus"]
        return None if status.endswith("IN_PROGRESS") else status

    found: str = wait_for(ended, 120)
    return found


def invoke(loop: Loop, body: dict[str, Any], **more: str) -> dict[str, Any]:
    runtime = loop.client("sagemaker-runtime")
    answer = runtime.invoke_endpoint(
        EndpointName="echo", Body=json.dumps(body), ContentType="application/json", Accept="application/json", **more
    )
    assert answer["InvokedProductionVariant"] == "AllTraffic"
    assert answer["ContentType"] == "application/json"
    found: dict[str, Any] = json.load(answer["Body"])
    return found


def start_pipeline(loop: Loop, name: str, role: str, code: str) -> str:
    """Deploy a pipeline of one step by CloudFormation and start it; the ARN of the execution."""
    loop.client("s3").put_object(Bucket="lake", Key=f"code/{name}.py", Body=code.encode())
    role_arn = f"arn:aws:iam::{ACCOUNT}:role/{role}"
    outputs = {"out": f"s3://lake/out/{name}"}
    step = processing_step("Only", f"s3://lake/code/{name}.py", outputs=outputs, request={"RoleArn": role_arn})
    properties = {
        "PipelineName": name,
        "RoleArn": role_arn,
        "PipelineDefinition": {"PipelineDefinitionBody": definition(step)},
    }
    body = {"Resources": {"P": {"Type": "AWS::SageMaker::Pipeline", "Properties": properties}}}
    loop.client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(body))
    assert stack_status(loop, name) == "CREATE_COMPLETE"
    arn: str = loop.client("sagemaker").start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"]
    return arn


def pipeline(loop: Loop, name: str, role: str, code: str) -> dict[str, Any]:
    """Deploy and run a pipeline of one step; the step as ListPipelineExecutionSteps shows it."""
    arn, sagemaker = start_pipeline(loop, name, role, code), loop.client("sagemaker")

    def ended() -> bool:
        described = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        return described["PipelineExecutionStatus"] not in ("Executing", "Stopping")

    wait_for(ended)
    found: dict[str, Any] = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"][
        0
    ]
    return found
