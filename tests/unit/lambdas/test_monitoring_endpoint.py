"""From the endpoint's name to what its model package brings: every document's folder, by the kind that reads it."""

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from lambdas.monitoring.adapters import WatchedEndpoint
from lambdas.monitoring.requests import DeployedModel

ARN = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/headrace-loans-prod/7"


def source(name: str) -> dict[str, str]:
    return {"ContentType": "application/json", "S3Uri": f"s3://lake/models/7/{name}"}


NORMAL = {
    "ModelDataQuality": {"Statistics": source("baseline/statistics.json")},
    "ModelQuality": {"Statistics": source("evaluation/evaluation.json")},
    "Bias": {"PostTrainingConstraints": source("fairness/bias.json")},
    "Explainability": {"Constraints": source("why/analysis.json")},
}


def deployed(baselines: dict[str, Any]) -> DeployedModel | None:
    client: Any = boto3.client("sagemaker", region_name="eu-west-1")
    config = {
        "EndpointConfigName": "c", "EndpointConfigArn": "arn:aws:sagemaker:eu-west-1:123456789012:endpoint-config/c",
        "ProductionVariants": [{"VariantName": "AllTraffic", "ModelName": "model-7"}], "CreationTime": 0,
    }  # fmt: skip
    package = {
        "ModelPackageName": "headrace-loans-prod", "ModelPackageArn": ARN, "CreationTime": 0,
        "ModelPackageStatus": "Completed", "ModelPackageStatusDetails": {"ValidationStatuses": []},
        "InferenceSpecification": {"Containers": [{"Image": "i", "ModelDataUrl": "s3://lake/m.tar.gz"}]},
        "DriftCheckBaselines": baselines,
    }  # fmt: skip
    endpoint = {
        "EndpointName": "e", "EndpointArn": "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/e",
        "EndpointConfigName": "c", "EndpointStatus": "InService", "CreationTime": 0, "LastModifiedTime": 0,
    }  # fmt: skip
    model = {
        "ModelName": "model-7", "ModelArn": "arn:aws:sagemaker:eu-west-1:123456789012:model/model-7",
        "PrimaryContainer": {"ModelPackageName": ARN}, "CreationTime": 0,
    }  # fmt: skip
    with Stubber(client) as stub:
        stub.add_response("describe_endpoint", endpoint, {"EndpointName": "e"})
        stub.add_response("describe_endpoint_config", config, {"EndpointConfigName": "c"})
        stub.add_response("describe_model", model, {"ModelName": "model-7"})
        stub.add_response("describe_model_package", package, {"ModelPackageName": ARN})
        return WatchedEndpoint(client, "e", "AllTraffic").deployed()


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")


def test_each_baseline_of_the_package_is_a_folder_of_its_own() -> None:
    found = deployed(NORMAL)
    assert found is not None
    assert (found.baseline, found.evaluation) == ("s3://lake/models/7/baseline", "s3://lake/models/7/evaluation")
    assert (found.bias, found.explanation) == ("s3://lake/models/7/fairness", "s3://lake/models/7/why")
    assert found.read_by("bias") == ("evaluation", "model", "bias")
    assert found.read_by("attribution") == ("evaluation", "model", "explanation")
    assert found.read_by("data_quality") == ("baseline",)


def test_a_package_of_before_brings_neither_analysis_and_is_judged_all_the_same() -> None:
    found = deployed({name: NORMAL[name] for name in ("ModelDataQuality", "ModelQuality")})
    assert found is not None
    assert (found.bias, found.explanation) == ("", "")
    assert found.read_by("bias") == ("evaluation", "model")
    assert not found.missing("bias")
