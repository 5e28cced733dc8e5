"""The use case's own pipeline, unchanged: its scripts train, judge and register a model, and an endpoint serves it."""

import io
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from memory_platform import BUCKET, ROLE, MemoryPlatform
from scenarios import Runner, create_config, settled

import usecases
from headrace.usecase import UseCase
from local.sagemaker.invocation import Invocation
from local.sagemaker.service import SageMaker
from pipelines.retraining import sources
from pipelines.retraining.definition import definition
from pipelines.retraining.plan import CodeLocations

DAY = 86_400
ROWS = 4_000


def training_set(usecase: UseCase) -> bytes:
    """Rows in which a high amount tends to be fraud, over a hundred days."""
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "event_id": [f"e{number:05d}" for number in range(ROWS)],
            "timestamp": 1_522_540_800 + rng.integers(0, 100 * DAY, ROWS),
            "customer_id": rng.integers(0, 50, ROWS).astype(str),
            "terminal_id": rng.integers(0, 80, ROWS).astype(str),
        }
    )
    for name in usecase.feature_names:
        frame[name] = rng.random(ROWS)
    frame["amount"] = rng.gamma(2, 50, ROWS)
    frame["label"] = (frame["amount"] + rng.normal(0, 20, ROWS) > 260).astype("int8")
    sink = io.BytesIO()
    frame.to_parquet(sink)
    return sink.getvalue()


def rendered(usecase: UseCase, platform: MemoryPlatform, folder: Path) -> str:
    """The pipeline's definition, with its code in the bucket."""
    files = sources.build(usecase, folder)
    code = {
        name: platform.s3.put(f"code/{path.name}", path.read_bytes())
        for name, path in vars(files).items()
    }  # fmt: skip
    return json.dumps(
        definition(
            usecase=usecase,
            name="headrace-fraud-local-training",
            region="eu-west-1",
            bucket=BUCKET,
            role_arn=ROLE,
            kms_key_arn="arn:aws:kms:eu-west-1:000000000000:key/00000000-0000-0000-0000-000000000000",
            model_package_group="headrace-fraud-local",
            code=CodeLocations(**code),
            spot=True,
        )
    )


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
    text = rendered(usecase, platform, tmp_path / "code")
    data = platform.s3.put("training/run-1/part-0.parquet", training_set(usecase)).rpartition("/")[0]
    ended = runner.run(text, InputData=data, ModelApprovalStatus="Approved")
    assert ended["PipelineExecutionStatus"] == "Succeeded", ended.get("FailureReason")
    assert list(reversed(ended["steps"])) == ["Preprocess", "Train", "Evaluate", "CheckGates", "Register"]

    package = ended["steps"]["Register"]["Metadata"]["RegisterModel"]["Arn"]
    create_config(sagemaker, package, "fraud")
    sagemaker.call("CreateEndpoint", {"EndpointName": "fraud", "EndpointConfigName": "fraud"})
    endpoint = settled(sagemaker, "fraud")
    assert endpoint["EndpointStatus"] == "InService", endpoint.get("FailureReason")
    instance: dict[str, float | None] = dict.fromkeys(usecase.feature_names, 0.5)
    answer, _ = score(sagemaker, [{**instance, "amount": 10.0}, {**instance, "amount": 900.0}])
    low, high = (prediction["score"] for prediction in answer["predictions"])
    assert low < 0.5 < high
    assert answer["model_version"] == ended["PipelineExecutionArn"].rpartition("/")[2]
    answers = [score(sagemaker, [{**instance, "amount": float(number)} for number in range(500)]) for _ in range(5)]
    assert len(answers[0][0]["predictions"]) == 500
    assert min(elapsed for _, elapsed in answers) < 0.5


def test_too_few_rows_fail_the_pipeline_with_the_reason_of_the_script(
    runner: Runner, platform: MemoryPlatform, tmp_path: Path
) -> None:
    usecase = usecases.load("fraud")
    text = rendered(usecase, platform, tmp_path / "code")
    frame = pd.read_parquet(io.BytesIO(training_set(usecase))).head(3)
    data = platform.s3.put("training/run-2/part-0.parquet", frame.to_parquet()).rpartition("/")[0]
    ended = runner.run(text, InputData=data)
    assert ended["PipelineExecutionStatus"] == "Failed"
    assert ended["steps"]["Preprocess"]["FailureReason"].startswith("AlgorithmError: ")
    assert "Train" not in ended["steps"]
