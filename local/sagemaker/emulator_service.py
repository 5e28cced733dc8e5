"""Plugs this package into the emulator: routes, CloudFormation types, idle probe, orderly end."""

import re
from collections.abc import Sequence
from typing import Any

from local.emulator import flushing, idle, lifecycle, processes, registry
from local.sagemaker.cloudformation_types import register_types
from local.sagemaker.emulated import Emulated
from local.sagemaker.platform import Account
from local.sagemaker.service import SageMaker
from local.sagemaker.wire import HttpRequest, answer

_INVOCATION = re.compile(r"/endpoints/([^/]+)/(async-)?invocations")
_FEATURE_GROUP = re.compile(r"/FeatureGroup/([^/]+)")
_RECORD_ACTIONS = {"PUT": "PutRecord", "GET": "GetRecord", "DELETE": "DeleteRecord"}


def register() -> None:
    """Add SageMaker to the emulator of this process. Call once, before the port opens."""
    platform = Emulated()
    sagemaker = SageMaker(platform)

    def handle(request: registry.Request) -> registry.Response:
        found = answer(
            sagemaker,
            HttpRequest(
                method=request.method,
                path=request.path,
                headers=request.headers,
                query=request.query,
                body=request.body,
            ),
        )
        return registry.Response(status=found.status, headers=found.headers, body=found.body)

    registry.register_service(
        "sagemaker", handle, targets=("SageMaker.",), sdk_name="SageMaker", authorize=_needed_permissions
    )
    register_types(sagemaker)

    def probe() -> dict[str, Any]:
        found = sagemaker.activity()
        return {**found, "pending": found["pending"] + platform.undelivered(), "events": platform.undelivered()}

    flushing.register(sagemaker.flush)
    idle.register("sagemaker", probe)
    processes.register("model_servers", sagemaker.endpoints.processes)
    lifecycle.on_stop(platform.close)
    lifecycle.on_stop(sagemaker.close)


def _needed_permissions(request: registry.Request) -> Sequence[tuple[str, str]]:
    account = Account(request.account, request.region)
    if request.operation:
        return [(f"sagemaker:{request.operation}", _resource(request, account))]
    if match := _INVOCATION.fullmatch(request.path):
        action = "InvokeEndpointAsync" if match[2] else "InvokeEndpoint"
        return [(f"sagemaker:{action}", account.arn(f"endpoint/{match[1]}"))]
    if match := _FEATURE_GROUP.fullmatch(request.path):
        return [
            (f"sagemaker:{_RECORD_ACTIONS.get(request.method, 'GetRecord')}", account.arn(f"feature-group/{match[1]}"))
        ]
    names = [item.get("FeatureGroupName", "*") for item in request.json().get("Identifiers", [])]
    return [("sagemaker:BatchGetRecord", account.arn(f"feature-group/{name.rpartition('/')[2]}")) for name in names]


def _resource(request: registry.Request, account: Account) -> str:
    """The ARN that a control plane request is about; ``*`` for those that AWS checks on no resource."""
    document = request.json()
    if "PipelineExecutionArn" in document:
        return str(document["PipelineExecutionArn"])
    for member, path in _RESOURCES.items():
        if member in document:
            name = str(document[member])
            return name if name.startswith("arn:") else account.arn(f"{path}/{name}")
    return "*"


_RESOURCES = {
    "TransformJobName": "transform-job",  # before the model that it names as well
    "PipelineName": "pipeline",
    "EndpointName": "endpoint",
    "EndpointConfigName": "endpoint-config",
    "ModelName": "model",
    "ModelPackageArn": "model-package",
    "ModelPackageName": "model-package",
    "ModelPackageGroupName": "model-package-group",
    "FeatureGroupName": "feature-group",
    "ProcessingJobName": "processing-job",
    "TrainingJobName": "training-job",
}
