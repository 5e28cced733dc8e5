"""Data capture writes what went in and came out, in Model Monitor's format, where the clock says."""

import json
from typing import Any

import pytest
from memory_platform import BUCKET, ROLE, MemoryPlatform
from scenarios import create_config, register_model, settled

from local.sagemaker.capture import DataCapture, Exchange
from local.sagemaker.invocation import Invocation
from local.sagemaker.service import SageMaker

CONFIG = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": f"s3://{BUCKET}/capture",
    "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
    "CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"], "CsvContentTypes": ["text/csv"]},
}
NOON = 1_700_049_600.0  # 2023-11-15T12:00:00Z


def exchange(**more: Any) -> Exchange:
    values: dict[str, Any] = {
        "endpoint": "fraud",
        "variant": "AllTraffic",
        "input": b'{"a":1}',
        "input_type": "application/json",
        "output": b'{"b":2}',
        "output_type": "application/json; charset=utf-8",
        "inference_id": "event-1",
        "time": NOON + 61,
    }
    return Exchange(**{**values, **more})


def captured(platform: MemoryPlatform) -> dict[str, list[dict[str, Any]]]:
    return {
        uri.removeprefix(f"s3://{BUCKET}/capture/"): [json.loads(line) for line in body.splitlines()]
        for uri, body in platform.s3.stored.items()
        if uri.startswith(f"s3://{BUCKET}/capture/")
    }


@pytest.fixture
def capture(platform: MemoryPlatform) -> DataCapture:
    platform.time = NOON + 61
    return DataCapture(platform)


def test_an_exchange_is_written_as_model_monitor_reads_it(capture: DataCapture, platform: MemoryPlatform) -> None:
    capture.record(exchange(), {"DataCaptureConfig": CONFIG}, ROLE)
    capture.flush()
    ((path, (line,)),) = captured(platform).items()
    assert path.startswith("fraud/AllTraffic/2023/11/15/12/01-01-000-")
    assert path.endswith(".jsonl")
    event_id = line["eventMetadata"].pop("eventId")
    assert len(event_id) == 36
    assert line == {
        "captureData": {
            "endpointInput": {
                "observedContentType": "application/json", "mode": "INPUT", "data": '{"a":1}', "encoding": "JSON"
            },
            "endpointOutput": {
                "observedContentType": "application/json; charset=utf-8", "mode": "OUTPUT", "data": '{"b":2}',
                "encoding": "JSON",
            },
        },
        "eventMetadata": {"inferenceId": "event-1", "inferenceTime": "2023-11-15T12:01:01Z"},
        "eventVersion": "0",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("content_type", "data", "encoding", "text"),
    [
        ("text/csv", b"1,2", "CSV", "1,2"),
        ("text/html", b"0.5", "BASE64", "MC41"),
        ("application/json", b"\xff", "BASE64", "/w=="),
    ],
)
def test_the_content_type_decides_the_encoding(
    capture: DataCapture, platform: MemoryPlatform, *, content_type: str, data: bytes, encoding: str, text: str
) -> None:
    capture.record(exchange(output=data, output_type=content_type), {"DataCaptureConfig": CONFIG}, ROLE)
    capture.flush()
    ((line,),) = captured(platform).values()
    output = line["captureData"]["endpointOutput"]
    assert (output["encoding"], output["data"]) == (encoding, text)


def test_an_undeclared_type_is_base64(capture: DataCapture, platform: MemoryPlatform) -> None:
    undeclared = {key: value for key, value in CONFIG.items() if key != "CaptureContentTypeHeader"}
    capture.record(exchange(), {"DataCaptureConfig": undeclared}, ROLE)
    capture.flush()
    ((line,),) = captured(platform).values()
    assert line["captureData"]["endpointInput"]["encoding"] == "BASE64"


def test_only_the_sides_that_were_asked_for_are_written(capture: DataCapture, platform: MemoryPlatform) -> None:
    config = {"DataCaptureConfig": {**CONFIG, "CaptureOptions": [{"CaptureMode": "Output"}]}}
    capture.record(exchange(), config, ROLE)
    capture.flush()
    ((line,),) = captured(platform).values()
    assert list(line["captureData"]) == ["endpointOutput"]


@pytest.mark.parametrize("change", [{"EnableCapture": False}, {"InitialSamplingPercentage": 0}])
def test_nothing_is_written_when_nothing_is_asked_for(capture: DataCapture, change: dict[str, Any]) -> None:
    capture.record(exchange(), {"DataCaptureConfig": {**CONFIG, **change}}, ROLE)
    capture.record(exchange(), {}, ROLE)
    assert capture.pending() == 0


def test_sampling_takes_about_its_share(capture: DataCapture) -> None:
    config = {"DataCaptureConfig": {**CONFIG, "InitialSamplingPercentage": 20}}
    for _ in range(2000):
        capture.record(exchange(), config, ROLE)
    assert 300 < capture.pending() < 500


def test_lines_wait_until_they_are_old_or_their_hour_ends(capture: DataCapture, platform: MemoryPlatform) -> None:
    capture.record(exchange(), {"DataCaptureConfig": CONFIG}, ROLE)
    platform.time += 59
    capture.flush_due()
    assert capture.pending() == 1
    platform.time += 1
    capture.flush_due()
    assert capture.pending() == 0
    capture.record(exchange(time=NOON + 3599), {"DataCaptureConfig": CONFIG}, ROLE)
    platform.time = NOON + 3601
    capture.flush_due()
    assert {path.rpartition("/")[0] for path in captured(platform)} == {"fraud/AllTraffic/2023/11/15/12"}
    assert len(captured(platform)) == 2


def test_an_endpoint_captures_its_invocations_with_the_inference_id(
    sagemaker: SageMaker, platform: MemoryPlatform
) -> None:
    config = create_config(sagemaker, register_model(sagemaker, platform, "v1"), "config-1", DataCaptureConfig=CONFIG)
    sagemaker.call("CreateEndpoint", {"EndpointName": "echo", "EndpointConfigName": config})
    assert settled(sagemaker, "echo")["DataCaptureConfig"]["CaptureStatus"] == "Started"
    headers = {"content-type": "application/json", "x-amzn-sagemaker-inference-id": "event-7"}
    sagemaker.invocations.invoke(Invocation(endpoint="echo", body=b'{"a": 1}', headers=headers))
    assert sagemaker.activity()["captured"] == 1
    sagemaker.flush()
    ((line,),) = captured(platform).values()
    assert line["eventMetadata"]["inferenceId"] == "event-7"
    assert json.loads(line["captureData"]["endpointOutput"]["data"])["version"] == "v1"
