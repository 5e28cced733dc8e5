"""The functions that somebody waits for, under faults: a caller of the API, and the monitor's state machine."""

import json
from collections.abc import Mapping
from typing import Any

from fault_injection import Injector
from fault_platform import running
from lambda_events import ENVIRONMENT
from monitor_runs import window_judged
from reaction_world import ENDPOINT
from shard_records import START, event
from stream_faults import STATE, score, state

Facts = dict[str, Any]
_TRIES = 6
_MODEL = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/headrace-fraud-dev/3"


def inference(injector: Injector) -> Facts:
    """A request, asked again until there is an answer: it is a decision, and nothing is written."""
    injector.played["sagemaker-runtime"] = score
    with running(injector, "inference", {**ENVIRONMENT, "ENDPOINT_NAME": "endpoint"}, STATE) as platform:
        request = {
            "version": "2.0",
            "requestContext": {"http": {"method": "POST", "path": "/predict"}, "stage": "$default", "requestId": "r"},
            "rawPath": "/predict",
            "headers": {"content-type": "application/json"},
            "body": json.dumps(event(1, at=START)),
            "isBase64Encoded": False,
        }
        for _ in range(_TRIES):
            answer, error = platform.call(request)
            if not error:
                break
        body = json.loads(answer["body"])
        decided = body["decision"] in ("APPROVE", "REVIEW") and body["degraded"] == (body["score"] is None)
        return {"status": answer["statusCode"], "decided": decided, "event": body["event_id"], "state": state(platform)}


def monitor_run(injector: Injector) -> Facts:
    """A window's run in a function, asked again until it is judged, and delivered twice."""
    found = window_judged(injector, _TRIES)
    return {"documents": found["documents"], "errors": [error for _, error in found["answers"]]}


def monitoring(injector: Injector) -> Facts:
    """A window's run, planned and planned again by the state machine, after more was captured."""
    injector.played["sagemaker"] = _describe
    packages = {"ENDPOINT_NAME": ENDPOINT, "VARIANT": "AllTraffic", "PACKAGES": "s3://code/headrace.zip"}
    with running(injector, "monitoring", {**ENVIRONMENT, **packages}) as platform:
        capture = f"capture/{ENDPOINT}/AllTraffic/2026/03/03/05/"
        earlier = f"monitoring/{ENDPOINT}/{ENDPOINT}-data-quality/2026/03/03/00/run.json"
        for key in (f"{capture}a.jsonl", earlier):
            platform.s3.put_object(Bucket="lake", Key=key, Body=b"{}")
        request = {"kind": "data_quality", "time": "2026-03-04T01:10:00Z"}
        answers = []
        for late in ("", f"{capture}late.jsonl"):
            if late:
                platform.s3.put_object(Bucket="lake", Key=late, Body=b"{}")
            answer, error = None, "not asked"
            for _ in range(_TRIES):
                if error:
                    answer, error = platform.call(request)
            answers.append(answer)
        return {"plans": platform.rows("monitoring-plans/"), "answers": answers, "once": answers[0] == answers[1]}


def _describe(operation: str, _given: Mapping[str, Any]) -> dict[str, Any]:
    documents = {"Statistics": {"S3Uri": "s3://lake/baseline/statistics.json"}}
    return {
        "DescribeEndpoint": {"EndpointConfigName": "config"},
        "DescribeEndpointConfig": {"ProductionVariants": [{"VariantName": "AllTraffic", "ModelName": "model"}]},
        "DescribeModel": {"PrimaryContainer": {"ModelPackageName": _MODEL}},
        "DescribeModelPackage": {
            "ModelPackageArn": _MODEL,
            "DriftCheckBaselines": {"ModelDataQuality": documents, "ModelQuality": documents},
            "InferenceSpecification": {"Containers": [{"ModelDataUrl": "s3://lake/model.tar.gz"}]},
        },
    }[operation]
