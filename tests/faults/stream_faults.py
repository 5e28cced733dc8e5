"""The stream functions under faults: what their stores hold after a shard is worked off, each thing counted once."""

import base64
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import pytest
from dynamodb_double import TABLE
from fault_injection import Injector
from fault_platform import REGION, Platform, calm, record, running
from lambda_events import ENVIRONMENT
from shard_records import START, event, label
from varied_usecases import hashing

from headrace.features import FeatureSet
from local.emulator.ministack_kinesis import Record

Facts = dict[str, Any]
STATE = (TABLE, "entity", "source")
_ARRIVED = START + 3_600


def score(operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """A model behind the endpoint."""
    assert operation == "InvokeEndpoint"
    rows = json.loads(given["Body"])["instances"]
    answers = [{"score": 0.5, "decision": "APPROVE"} for _ in rows]
    return {"Body": BytesIO(json.dumps({"predictions": answers, "model_version": "7"}).encode())}


def blocking(operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """A model that blocks everything."""
    answer = json.loads(score(operation, given)["Body"].read())
    for it in answer["predictions"]:
        it |= {"decision": "BLOCK", "score": 0.99}
    return {"Body": BytesIO(json.dumps(answer).encode())}


def put_record(operation: str, _given: Mapping[str, Any]) -> dict[str, Any]:
    """The Feature Store takes everything."""
    assert operation == "PutRecord"
    return {}


def state(platform: Platform) -> Facts:
    """Every item of window state: what it holds, up to which record, and of how many."""
    return {
        f"{it['entity']['S']} {it['source']['S']}": (bytes(it["state"]["B"]), it["mark"]["S"], it["folded"]["N"])
        for it in platform.items(TABLE)
        if not it["entity"]["S"].startswith("#")
    }


def by_sequence(rows: list[dict[str, Any]], *varying: str) -> Facts:
    """One logical copy per sequence number; copies that differ in more than ``varying`` stay apart."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        kept = {name: value for name, value in row.items() if name not in varying}
        found[row["sequence_number"]].add(json.dumps(kept, sort_keys=True))
    return {number: sorted(copies) for number, copies in found.items()}


def events() -> list[Record]:
    """Seven records of few entities, one of them rubbish."""
    bodies: list[Any] = [
        event(number, at=START + number * 60, customer=f"c{number % 2}", terminal=f"t{number % 3}", amount=number + 0.5)
        for number in range(6)
    ]
    bodies.insert(4, b'{"event_id": "broken')
    return [record(number, body, arrived_at=_ARRIVED) for number, body in enumerate(bodies)]


def labels() -> list[Record]:
    """Labels, a correction, and one that is none."""
    bodies: list[Any] = [
        label(number, at=START - 86_400, terminal=f"t{number % 2}", fraud=number % 2, labelled_at=START + number)
        for number in range(4)
    ]
    bodies += [b"rubbish", label(1, at=START - 86_400, terminal="t1", fraud=0, labelled_at=START + 9)]
    return [record(number, body, arrived_at=_ARRIVED) for number, body in enumerate(bodies)]


@contextmanager
def enriching(injector: Injector) -> Iterator[Platform]:
    """Enrichment with an endpoint, the Feature Store and a delivery stream into the lake."""
    injector.played |= {"sagemaker-runtime": score, "sagemaker-featurestore-runtime": put_record}
    with running(injector, "enrichment", {**ENVIRONMENT, "ENDPOINT_NAME": "endpoint"}, STATE) as platform:
        role = "arn:aws:iam::123456789012:role/firehose"
        calm("firehose").create_delivery_stream(
            DeliveryStreamName="features",
            ExtendedS3DestinationConfiguration={
                "RoleARN": role,
                "BucketARN": "arn:aws:s3:::lake",
                "Prefix": "features/",
            },
        )
        yield platform


def enrichment(injector: Injector) -> Facts:
    """A shard of events."""
    with enriching(injector) as platform:
        platform.stream(events(), batch=4)
        verdict = ("score", "decision", "model_version", "degraded", "latency_ms")
        return {
            "state": state(platform),
            "vectors": by_sequence(platform.rows("features/"), *verdict),
            "quarantine": by_sequence(platform.rows("quarantine/")),
            "dead": platform.dead,
        }


def ground_truth(injector: Injector) -> Facts:
    """A shard of labels."""
    with running(injector, "ground_truth", ENVIRONMENT, STATE) as platform:
        platform.stream(labels(), batch=3)
        truths = [json.dumps(row, sort_keys=True) for row in platform.rows("ground-truth/")]
        return {
            "state": state(platform),
            "labels": by_sequence(platform.rows("labels/")),
            "truth": sorted(set(truths)),
            "quarantine": by_sequence(platform.rows("quarantine/")),
            "dead": platform.dead,
        }


def delivery_transform(injector: Injector) -> Facts:
    """One delivery whose customers are hashed; Firehose asks the function again up to three times."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lambdas.delivery_transform.adapters.features", lambda _: FeatureSet(hashing("customer_id")))
        arn = f"arn:aws:secretsmanager:{REGION}:123456789012:secret:mask"
        environment = {**ENVIRONMENT, "MASK_KEY_SECRET_ARN": arn}
        injector.played["secretsmanager"] = lambda *_: {"SecretString": "secret"}
        with running(injector, "delivery_transform", environment) as platform:
            return _delivered(platform)


def _request() -> dict[str, Any]:
    """Firehose's batch of the events."""
    sent = [
        {
            "recordId": it.sequence_number,
            "data": it.data,
            "approximateArrivalTimestamp": int(it.arrived_at * 1_000),
            "kinesisRecordMetadata": {
                "shardId": it.shard_id,
                "sequenceNumber": it.sequence_number,
                "approximateArrivalTimestamp": int(it.arrived_at * 1_000),
            },
        }
        for it in events()
    ]
    return {"invocationId": "i", "deliveryStreamArn": "arn", "region": REGION, "records": sent}


def _delivered(platform: Platform) -> Facts:
    request = _request()
    for _ in range(4):
        answer, error = platform.call(request)
        if not error:
            break
    else:
        return {"lake": {}, "errors": [it["recordId"] for it in request["records"]]}
    good = [json.loads(base64.b64decode(it["data"])) for it in answer["records"] if it["result"] == "Ok"]
    bad = [it["recordId"] for it in answer["records"] if it["result"] != "Ok"]
    return {"lake": by_sequence(good), "errors": bad}
