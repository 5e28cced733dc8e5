"""Batch transform: every line of every file through the real model, joined with what it came from."""

import gzip
import json
import re
from typing import Any

import pytest
from memory_platform import ROLE, MemoryPlatform
from scenarios import archive, wait_for
from step_requests import IMAGE

from local.sagemaker.errors import ServiceError
from local.sagemaker.service import SageMaker

LINES = "application/jsonlines"
DOUBLING = """
import json

def model_fn(model_dir):
    return 2

def input_fn(body, content_type):
    assert content_type == "application/jsonlines", content_type
    rows = [json.loads(line) for line in body.splitlines()]
    if any("raise" in row for row in rows):
        raise ValueError("no such thing")
    return rows

def predict_fn(rows, factor):
    return [{"double": factor * row["n"], "together": len(rows)} for row in rows if "skip" not in row]

def output_fn(answers, accept):
    return "".join(json.dumps(it) + "\\n" for it in answers), accept
"""


@pytest.fixture
def scoring(sagemaker: SageMaker, platform: MemoryPlatform) -> SageMaker:
    uri = platform.s3.put("models/m/model.tar.gz", archive({"code/inference.py": DOUBLING}))
    container = {"Image": IMAGE, "ModelDataUrl": uri, "Environment": {"SAGEMAKER_PROGRAM": "inference.py"}}
    sagemaker.call("CreateModel", {"ModelName": "m", "PrimaryContainer": container, "ExecutionRoleArn": ROLE})
    return sagemaker


def request(name: str = "job", *, source: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A job over everything below ``in/``."""
    place = {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://lake/in/"}}}
    return {
        "TransformJobName": name,
        "ModelName": "m",
        "BatchStrategy": "MultiRecord",
        "TransformInput": {**place, "ContentType": LINES, "SplitType": "Line", **(source or {})},
        "TransformOutput": {"S3OutputPath": "s3://lake/out", "Accept": LINES, "AssembleWith": "Line"},
        "DataProcessing": {"JoinSource": "Input"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        **more,
    }


def run(sagemaker: SageMaker, job: dict[str, Any]) -> dict[str, Any]:
    """Run a job to its end."""
    sagemaker.call("CreateTransformJob", job)

    def ended() -> dict[str, Any] | None:
        found = sagemaker.call("DescribeTransformJob", {"TransformJobName": job["TransformJobName"]})
        return found if found["TransformJobStatus"] not in ("InProgress", "Stopping") else None

    found: dict[str, Any] = wait_for(ended)
    return found


def lines(platform: MemoryPlatform, key: str) -> list[dict[str, Any]]:
    """An object of JSON lines."""
    return [json.loads(line) for line in platform.s3.stored[f"s3://lake/{key}"].splitlines()]


def numbered(*numbers: int) -> str:
    """Lines with an id beside what the model reads."""
    return "".join(json.dumps({"id": f"c{it}", "n": it}) + "\n" for it in numbers)


def test_each_line_comes_back_with_its_prediction_in_a_file_of_its_name(
    scoring: SageMaker, platform: MemoryPlatform
) -> None:
    platform.s3.put("in/a.jsonl", numbered(1, 2, 3))
    platform.s3.put("in/deep/b.jsonl", numbered(7))
    ended = run(scoring, request())
    assert (ended["TransformJobStatus"], ended["ModelName"]) == ("Completed", "m")
    assert lines(platform, "out/a.jsonl.out") == [
        {"id": f"c{it}", "n": it, "SageMakerOutput": {"double": 2 * it, "together": 3}} for it in (1, 2, 3)
    ]
    assert [it["SageMakerOutput"]["double"] for it in lines(platform, "out/deep/b.jsonl.out")] == [14]
    statuses = [it["TransformJobStatus"] for it in platform.details("SageMaker Transform Job State Change")]
    assert statuses == ["InProgress", "Completed"]


def test_filters_choose_what_the_model_reads_and_what_is_written(scoring: SageMaker, platform: MemoryPlatform) -> None:
    platform.s3.put("in/a.jsonl", "".join(json.dumps({"id": it, "features": {"n": it}}) + "\n" for it in (4, 5)))
    processing = {
        "InputFilter": "$.features",
        "JoinSource": "Input",
        "OutputFilter": "$['id','SageMakerOutput']",
    }
    run(scoring, request(DataProcessing=processing, BatchStrategy="SingleRecord"))
    assert lines(platform, "out/a.jsonl.out") == [
        {"id": it, "SageMakerOutput": {"double": 2 * it, "together": 1}} for it in (4, 5)
    ]


def test_requests_hold_as_many_lines_as_fit_in_order_however_many_travel_at_once(
    scoring: SageMaker, platform: MemoryPlatform
) -> None:
    padded = "".join(json.dumps({"n": it, "padding": "x" * 400_000}) + "\n" for it in range(7))
    platform.s3.put("in/a.jsonl.gz", gzip.compress(padded.encode()))
    job = request(source={"CompressionType": "Gzip"}, MaxPayloadInMB=1, MaxConcurrentTransforms=3)
    run(scoring, {**job, "DataProcessing": {"JoinSource": "None"}})
    answers = lines(platform, "out/a.jsonl.gz.out")
    assert [it["double"] for it in answers] == [2 * it for it in range(7)]
    assert [it["together"] for it in answers] == [2, 2, 2, 2, 2, 2, 1]


@pytest.mark.parametrize(
    ("body", "more", "reason"),
    [
        (
            '{"n": 1, "raise": 1}\n',
            {"ModelClientConfig": {"InvocationsMaxRetries": 0}},
            "did not answer a request: 500",
        ),
        ('{"n": 1, "skip": 1}\n{"n": 2}\n', {}, "2 records had 1 predictions"),
        ('{"n": 1}\n', {"DataProcessing": {"InputFilter": "$.features"}}, r"\$.features is not in a record"),
        (f'{{"n": 1, "p": "{"x" * 1_100_000}"}}\n', {"MaxPayloadInMB": 1}, r"larger than MaxPayloadInMB \(1\)"),
        (None, {}, "No S3 objects found"),
        ('{"n": 1}\n', {"ModelName": "nobody"}, "nobody"),
    ],
)
def test_a_job_that_cannot_score_everything_fails_with_the_reason_and_leaves_no_server(
    scoring: SageMaker, platform: MemoryPlatform, body: str | None, more: dict[str, Any], reason: str
) -> None:
    if body is not None:
        platform.s3.put("in/a.jsonl", body)
    ended = run(scoring, request(**more))
    assert ended["TransformJobStatus"] == "Failed"
    assert re.search(reason, ended["FailureReason"])
    assert not [uri for uri in platform.s3.stored if uri.startswith("s3://lake/out/")]


def test_a_name_is_taken_once(scoring: SageMaker, platform: MemoryPlatform) -> None:
    platform.s3.put("in/a.jsonl", numbered(1))
    run(scoring, request())
    with pytest.raises(ServiceError, match="already exists"):
        scoring.call("CreateTransformJob", request())
