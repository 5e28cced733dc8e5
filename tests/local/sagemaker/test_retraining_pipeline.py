"""The use case's own pipeline, unchanged: its scripts train, judge and register a model, and an endpoint serves it."""

import io
import json
import tarfile
import time
from pathlib import Path
from typing import Any

from memory_platform import MemoryPlatform
from retraining_runs import RISK, quick, rendered, stored, training_rows, with_model
from scenarios import Runner, create_config, settled

import usecases
from headrace.usecase import Cluster
from local.sagemaker.invocation import Invocation
from local.sagemaker.service import SageMaker
from pipelines.retraining.plan import Network


def score(sagemaker: SageMaker, instances: list[dict[str, float | None]]) -> tuple[dict[str, Any], float]:
    """The endpoint's answer and how long it took, in seconds."""
    body = json.dumps({"instances": instances}).encode()
    headers = {"content-type": "application/json", "accept": "application/json"}
    began = time.perf_counter()
    answer = sagemaker.invocations.invoke(Invocation(endpoint="fraud", body=body, headers=headers))
    return json.loads(answer.body), time.perf_counter() - began


def test_the_retraining_pipeline_makes_a_model_that_the_endpoint_serves(
    runner: Runner, sagemaker: SageMaker, platform: MemoryPlatform, tmp_path: Path
) -> None:
    usecase = usecases.load("fraud")
    text = rendered(usecase, platform, tmp_path / "code", spot=True)
    data = stored(platform, training_rows(usecase), "run-1")
    ended = runner.run(text, **data, ModelApprovalStatus="Approved")
    assert ended["PipelineExecutionStatus"] == "Succeeded", ended.get("FailureReason")
    assert list(reversed(ended["steps"])) == ["Preprocess", "Train", "Evaluate", "CheckGates", "Baseline", "Register"]

    package = ended["steps"]["Register"]["Metadata"]["RegisterModel"]["Arn"]
    create_config(sagemaker, package, "fraud")
    sagemaker.call("CreateEndpoint", {"EndpointName": "fraud", "EndpointConfigName": "fraud"})
    endpoint = settled(sagemaker, "fraud")
    assert endpoint["EndpointStatus"] == "InService", endpoint.get("FailureReason")
    instance: dict[str, float | None] = dict.fromkeys(usecase.feature_names, 0.5)
    answer, _ = score(sagemaker, [{**instance, "amount": 10.0}, {**instance, "amount": 400.0, RISK: 0.9}])
    low, high = (prediction["score"] for prediction in answer["predictions"])
    assert low < 0.5 < high
    trained = ended["steps"]["Train"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
    assert answer["model_version"] == trained
    registered = sagemaker.call("DescribeModelPackage", {"ModelPackageName": package})
    assert registered["CustomerMetadataProperties"]["model_version"] == trained
    answers = [score(sagemaker, [{**instance, "amount": float(number)} for number in range(500)]) for _ in range(5)]
    assert len(answers[0][0]["predictions"]) == 500
    assert min(elapsed for _, elapsed in answers) < 0.5


def test_too_few_rows_fail_the_pipeline_with_the_reason_of_the_script(
    runner: Runner, platform: MemoryPlatform, tmp_path: Path
) -> None:
    usecase = usecases.load("fraud")
    text = rendered(usecase, platform, tmp_path / "code")
    data = stored(platform, training_rows(usecase).head(3), "run-2")
    ended = runner.run(text, **data)
    assert ended["PipelineExecutionStatus"] == "Failed"
    assert ended["steps"]["Preprocess"]["FailureReason"].startswith("AlgorithmError: ")
    assert "Train" not in ended["steps"]


def test_isolated_training_runs_the_code_that_its_channel_brings_on_every_machine(
    runner: Runner, sagemaker: SageMaker, platform: MemoryPlatform, tmp_path: Path
) -> None:
    usecase, shared = quick(usecases.load("fraud"), cluster=Cluster(instances=2)), tmp_path / "checkout"
    shared.mkdir()
    root = with_model(shared, "cluster=Cluster(instances=2)")
    text = rendered(usecase, platform, tmp_path / "code", root=root, network=Network(isolated=True, encrypted=True))
    ended = runner.run(text, **stored(platform, training_rows(usecase), "run-3"))
    assert ended["PipelineExecutionStatus"] == "Succeeded", ended.get("FailureReason")
    job = ended["steps"]["Train"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
    model = sagemaker.call("DescribeTrainingJob", {"TrainingJobName": job})["ModelArtifacts"]["S3ModelArtifacts"]
    with tarfile.open(fileobj=io.BytesIO(platform.s3.stored[model])) as packed:
        about = packed.extractfile("headrace.json")
        assert about
        assert json.loads(about.read())["instances"] == 2
