"""The functions under faults where other settings make them call what they do not call otherwise."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from call_faults import _describe
from fault_injection import Injector
from fault_platform import Platform, running
from lambda_events import ENVIRONMENT
from played_endpoint import GROUP, STACK_NAME, PlayedRollouts
from queue_faults import REACTION, TOPIC
from queued_faults import requested
from reaction_world import ENDPOINT, s3_event
from right_scenarios import checked
from rollout_world import approval, arn, rollback
from shard_records import START, event
from stream_faults import STATE, blocking, enriching, events, score, state

import usecases
from headrace.features import FeatureSet
from headrace.usecase import Facet, Monitor

Facts = dict[str, Any]
_TRIES = 6
_FRAUD = usecases.load("fraud")
_PACKAGES = {"ENDPOINT_NAME": ENDPOINT, "VARIANT": "AllTraffic", "PACKAGES": "s3://code/headrace.zip"}


def model_only(injector: Injector) -> Facts:
    """Rollouts where there is a model and no endpoint: one approval, a copy of it, one withdrawn, and a way back."""
    rollouts = PlayedRollouts(failing=arn(3, GROUP))
    injector.played |= rollouts.services
    environment = {**ENVIRONMENT, "STACK_NAME": STACK_NAME, "ENDPOINT_NAME": "", "MODEL_PACKAGE_GROUP": GROUP}
    injector.environment["ENDPOINT_NAME"] = ""
    with running(injector, "deployment", environment) as platform:
        for body in (approval(2), approval(3), approval(2), rollback(1, RolledBackModelPackageArn=arn(2))):
            platform.queue([body], most=10, more=rollouts.announcements)
        return {**rollouts.facts(), "dead": platform.dead}


def adopted(injector: Injector) -> Facts:
    """A model went into service, told twice: what SageMaker's own monitors compare with lies where they look."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lambdas.monitoring.adapters.features", lambda _: _watched("model_monitor", "amount"))
        injector.played["sagemaker"] = _registered
        with running(injector, "monitoring", {**ENVIRONMENT, **_PACKAGES}) as platform:
            metrics = {"binary_classification_metrics": {"auc": {"value": 0.9}}}
            for name, body in (("statistics", {}), ("evaluation", metrics)):  # and no constraints
                key = f"models/run/{name}.json"
                platform.s3.put_object(Bucket="lake", Key=key, Body=json.dumps(body).encode())
            changed = {"detail-type": "SageMaker Endpoint State Change", "detail": {"EndpointName": ENDPOINT}}
            answers = [_answered(platform, changed) for _ in range(2)]
            return {"answers": answers, "documents": platform.rows("monitoring-baselines/")}


def _registered(operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The deployed model, with the documents of its run."""
    documents = {"Statistics": {"S3Uri": "s3://lake/models/run/statistics.json"}}
    baselines = {"DriftCheckBaselines": {"ModelDataQuality": documents, "ModelQuality": documents}}
    return {**_describe(operation, given), **(baselines if operation == "DescribeModelPackage" else {})}


def grouped(injector: Injector) -> Facts:
    """A run of the monitor of bias whose groups only events tell apart, planned twice."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lambdas.monitoring.adapters.features", lambda _: _watched("headrace", "customer_id"))
        injector.played["sagemaker"] = _describe
        with running(injector, "monitoring", {**ENVIRONMENT, **_PACKAGES}) as platform:
            for key in (
                *(f"capture/{ENDPOINT}/AllTraffic/2026/02/{day}/05/a.jsonl" for day in ("23", "24")),
                "ground-truth/2026/03/03/05/a.jsonl",
                "events/dt=2026-02-24/a.parquet",
            ):
                platform.s3.put_object(Bucket="lake", Key=key, Body=b"{}")
            request = {"kind": "bias", "time": "2026-03-04T01:10:00Z"}
            answers = [_answered(platform, request) for _ in range(2)]
            return {"answers": answers, "plans": platform.rows("monitoring-plans/")}


def _watched(engine: Any, field: str) -> FeatureSet:
    """Fraud, watched for bias by that engine, of groups by that field."""
    facet = Facet(field=field, below=2.0) if field == "amount" else Facet(field=field, values=("c1",))
    monitor = Monitor(engine=engine, kinds=("data_quality", "model_quality", "bias", "attribution"))
    return FeatureSet(replace(_FRAUD, monitor=monitor, model=replace(_FRAUD.model, facets=(facet,))))


def _answered(platform: Platform, request: Mapping[str, Any]) -> Any:
    """The first answer that is no failure."""
    answer, error = None, "not asked"
    for _ in range(_TRIES):
        if error:
            answer, error = platform.call(request)
    return answer


def alerted(injector: Injector) -> Facts:
    """A shard of events whose verdict somebody has to be told of, at least once each."""
    told: set[str] = set()

    def bus(_operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
        told.update(json.loads(it["Detail"])["EventId"] for it in given["Entries"])
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "e"} for _ in given["Entries"]]}

    with enriching(injector) as platform:
        injector.played |= {"events": bus, "sagemaker-runtime": blocking}
        platform.stream(events(), batch=4)
        blocked = {it["event_id"] for it in platform.rows("features/") if it.get("decision") == "BLOCK"}
        return {"told": bool(told), "not told": sorted(blocked - told), "state": state(platform), "dead": platform.dead}


def many(injector: Injector) -> Facts:
    """A batch whose entities' states are read by the hundred, asked again until there is an answer."""
    injector.played["sagemaker-runtime"] = score
    with running(injector, "inference", {**ENVIRONMENT, "ENDPOINT_NAME": ENDPOINT}, STATE) as platform:
        item = {"entity": {"S": "#sources"}, "source": {"S": "events#shardId-000000000000"}}
        platform.dynamodb.put_item(TableName=STATE[0], Item=item)
        asked = {"events": [event(number, at=START) | {"customer_id": f"c{number}"} for number in range(40)]}
        told = _answered(platform, requested("POST", "/predict/batch", asked))
        rows = json.loads(told["body"])["answers"]
        decided = all(it["decision"] and it["degraded"] == (it["score"] is None) for it in rows)
        return {"status": told["statusCode"], "answers": len(rows), "decided": decided, "state": state(platform)}


def reminded(injector: Injector) -> Facts:
    """Deployment: the check after traffic, of requests that left no file: it looks again later, told once or twice."""
    found = checked(injector)
    return {"looks again": int(found["waiting"]["ApproximateNumberOfMessagesDelayed"]) > 0, "dead": found["dead"]}


def receipted(injector: Injector) -> Facts:
    """Drift response: a file of labels was taken in, where so many new labels are a reason to train; told twice."""
    told: list[str] = []

    def bus(_operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
        told.extend(it["DetailType"] for it in given["Entries"])
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "e"} for _ in given["Entries"]]}

    learning = FeatureSet(replace(_FRAUD, reaction=replace(_FRAUD.reaction, new_labels=10)))
    injector.played |= {"events": bus, "sns": lambda *_: {"MessageId": "m"}}
    environment = {**ENVIRONMENT, "ENDPOINT_NAME": ENDPOINT, "TOPIC_ARN": TOPIC}
    with pytest.MonkeyPatch.context() as patch, running(injector, "drift_response", environment, REACTION) as platform:
        patch.setattr("lambdas.drift_response.adapters.features", lambda _: learning)
        there, gone = (f"labels-inbox-receipts/{name}.json" for name in ("a", "gone"))
        platform.s3.put_object(Bucket="lake", Key=there, Body=json.dumps({"sent": 12}).encode())
        for key in (there, gone):
            platform.queue([s3_event(key, time="2026-01-02T00:10:00Z", event_id=copy) for copy in "ab"])
        return {"told": sorted(set(told)), "dead": [it["condition"] for it in platform.dead]}
