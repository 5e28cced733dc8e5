"""Requests and artifacts that the tests of the local SageMaker share: small scripts, models and definitions."""

import io
import json
import tarfile
import time
from collections.abc import Callable
from typing import Any

from memory_platform import ROLE, MemoryPlatform
from step_requests import IMAGE

from local.sagemaker.invocation import Invocation
from local.sagemaker.service import SageMaker

JSON = {"content-type": "application/json", "accept": "application/json"}

ECHO_MODEL = """
import json, os, time

def model_fn(model_dir):
    with open(os.path.join(model_dir, "version")) as file:
        version = file.read()
    if version == "broken":
        raise RuntimeError("this model cannot be loaded")
    return version

def input_fn(body, content_type):
    return json.loads(body)

def predict_fn(data, model):
    if "sleep" in data:
        time.sleep(data["sleep"])
    if data.get("die"):
        os._exit(3)
    if data.get("raise"):
        raise ValueError("no such thing")
    return {"version": model, "echo": data, "pid": os.getpid()}

def output_fn(prediction, accept):
    return json.dumps(prediction), "application/json"
"""


def archive(files: dict[str, str]) -> bytes:
    """A ``.tar.gz`` of text files."""
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return sink.getvalue()


def wait_for(condition: Callable[[], Any], timeout_s: float = 60.0) -> Any:
    """The first truthy answer; fails the test when there is none in time."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError("timed out")


class Runner:
    """Creates pipelines and runs them to their end."""

    def __init__(self, sagemaker: SageMaker) -> None:
        self.sagemaker = sagemaker
        self._count = 0

    def create(self, text: str) -> str:
        """A new pipeline with that definition; its name."""
        self._count += 1
        name = f"pipeline-{self._count}"
        request = {"PipelineName": name, "PipelineDefinition": text, "RoleArn": ROLE, "ClientRequestToken": "t" * 32}
        self.sagemaker.call("CreatePipeline", request)
        return name

    def start(self, text: str, **parameters: str) -> str:
        """A new execution; its ARN."""
        request: dict[str, Any] = {"PipelineName": self.create(text)}
        if parameters:
            request["PipelineParameters"] = [{"Name": key, "Value": value} for key, value in parameters.items()]
        answer: str = self.sagemaker.call("StartPipelineExecution", request)["PipelineExecutionArn"]
        return answer

    def finish(self, arn: str) -> dict[str, Any]:
        """Wait for the end; DescribePipelineExecution and the steps by name."""
        described = wait_for(lambda: self._ended(arn), 150)
        steps = self.sagemaker.call("ListPipelineExecutionSteps", {"PipelineExecutionArn": arn})
        return {**described, "steps": {step["StepName"]: step for step in steps["PipelineExecutionSteps"]}}

    def run(self, text: str, **parameters: str) -> dict[str, Any]:
        """Start and finish."""
        return self.finish(self.start(text, **parameters))

    def _ended(self, arn: str) -> dict[str, Any] | None:
        described = self.sagemaker.call("DescribePipelineExecution", {"PipelineExecutionArn": arn})
        return described if described["PipelineExecutionStatus"] not in ("Executing", "Stopping") else None


def register_model(sagemaker: SageMaker, platform: MemoryPlatform, version: str, *, status: str = "Approved") -> str:
    """Register an echo model of that version; the ARN of its package."""
    if not sagemaker.call("ListModelPackageGroups", {})["ModelPackageGroupSummaryList"]:
        sagemaker.call("CreateModelPackageGroup", {"ModelPackageGroupName": "echo"})
    model = archive({"version": version, "code/inference.py": ECHO_MODEL})
    uri = platform.s3.put(f"models/{version}/model.tar.gz", model)
    container = {"Image": IMAGE, "ModelDataUrl": uri, "Environment": {"SAGEMAKER_PROGRAM": "inference.py"}}
    request = {
        "ModelPackageGroupName": "echo",
        "ModelApprovalStatus": status,
        "InferenceSpecification": {
            "Containers": [container],
            "SupportedContentTypes": ["application/json"],
            "SupportedResponseMIMETypes": ["application/json"],
        },
    }
    arn: str = sagemaker.call("CreateModelPackage", request)["ModelPackageArn"]
    return arn


def create_config(sagemaker: SageMaker, package_arn: str, name: str, **more: Any) -> str:
    """A model and an endpoint configuration of one variant; the configuration's name."""
    container = {"ModelPackageName": package_arn}
    sagemaker.call("CreateModel", {"ModelName": name, "PrimaryContainer": container, "ExecutionRoleArn": ROLE})
    variant = {"VariantName": "AllTraffic", "ModelName": name, "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    sagemaker.call("CreateEndpointConfig", {"EndpointConfigName": name, "ProductionVariants": [variant], **more})
    return name


def settled(sagemaker: SageMaker, name: str) -> dict[str, Any]:
    """DescribeEndpoint once no transition is under way."""

    def described() -> dict[str, Any] | None:
        endpoint = sagemaker.call("DescribeEndpoint", {"EndpointName": name})
        return endpoint if endpoint["EndpointStatus"] in ("InService", "Failed") else None

    found: dict[str, Any] = wait_for(described, 120)
    return found


def invoke(sagemaker: SageMaker, document: Any, **headers: str) -> dict[str, Any]:
    names = {f"x-amzn-sagemaker-{key.replace('_', '-')}": value for key, value in headers.items()}
    request = Invocation(endpoint="echo", body=json.dumps(document).encode(), headers={**JSON, **names})
    answer: dict[str, Any] = json.loads(sagemaker.invocations.invoke(request).body)
    return answer


def update(sagemaker: SageMaker, platform: MemoryPlatform, version: str, **more: Any) -> dict[str, Any]:
    config = create_config(sagemaker, register_model(sagemaker, platform, version), f"config-{version}")
    sagemaker.call("UpdateEndpoint", {"EndpointName": "echo", "EndpointConfigName": config, **more})
    return settled(sagemaker, "echo")
