"""Look-ups under faults: readings on their way into the table, and whoever fills events from it."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fault_injection import Injector
from fault_platform import REGION, Platform, calm, running
from inbox_fakes import created
from lambda_events import ENVIRONMENT
from queue_faults import _messages
from reaction_world import ENDPOINT
from right_scenarios import _request as _ask
from shard_records import START, event
from stream_faults import STATE, _request, by_sequence, enriching, events, score, state
from surrounded import KNOWN, USECASE

from headrace.features import FeatureSet
from headrace.lookups import decode, encode
from lambdas.shared.lookup_keys import PARTITION_KEY

Facts = dict[str, Any]
TABLE, QUEUE = "readings", "reading-files"
OWN = {**ENVIRONMENT, "LOOKUP_TABLE": TABLE, "QUEUE_URL": f"https://sqs.{REGION}.amazonaws.com/123456789012/{QUEUE}"}
HEADER, GIVEN = "terminal_id,timestamp,given_at,degrees", START + 3_600
_TRIES = 4


@contextmanager
def surrounded(folder: str, platform: Platform, *, known: bool = True) -> Iterator[None]:
    """The table of readings beside a platform whose use case looks things up."""
    platform.dynamodb.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": PARTITION_KEY, "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": PARTITION_KEY, "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for key, readings in KNOWN.items() if known else ():
        item = {PARTITION_KEY: {"S": f"{key.lookup}#{key.key}"}, "version": {"N": "1"}}
        platform.dynamodb.put_item(TableName=TABLE, Item={**item, "readings": {"B": encode(readings)}})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"lambdas.{folder}.adapters.features", lambda _: FeatureSet(USECASE))
        patch.setenv("LOOKUP_TABLE", TABLE)
        patch.setenv("MASK_KEY_SECRET_ARN", "")
        try:
            yield
        finally:
            platform.dynamodb.delete_table(TableName=TABLE)


def lookup_inbox(injector: Injector) -> Facts:
    """A file of readings with a wrong line, whose rest goes on in a second message, and one of another look-up."""
    with (
        running(injector, "lookup_inbox", {**OWN, "SLICE_S": "0.0"}) as platform,
        surrounded("lookup_inbox", platform, known=False),
    ):
        url = calm("sqs").create_queue(QueueName=QUEUE)["QueueUrl"]
        lines = [HEADER, *(f"t{it % 3},{START + it},{GIVEN},{it}.5" for it in range(600)), "t1,soon,,1"]
        files = {
            "lookups-inbox/weather/a.csv": "\n".join([*lines, f"t1,{START + 900},{GIVEN},7"]),
            "lookups-inbox/segment/b.csv": f"customer_id,timestamp,given_at,segment\nc1,{START},{GIVEN},new",
        }
        for key, text in files.items():
            platform.s3.put_object(Bucket="lake", Key=key, Body=text.encode())
        platform.queue([created(key, version="") for key in files], more=lambda: _messages(calm("sqs"), url))
        receipts = platform.rows("lookups-inbox-receipts/")
        return {
            "items": {it[PARTITION_KEY]["S"]: decode(bytes(it["readings"]["B"])) for it in platform.items(TABLE)},
            "lake": sorted({json.dumps(row, sort_keys=True) for row in platform.rows("lookups/")}),
            "quarantine": sorted((it["file"], it["line"], it["reason"]) for it in platform.rows("quarantine/")),
            "receipts": sorted((it["file"], it["lines"], it["sent"], it["rejected"]) for it in receipts),
            "dead": platform.dead,
        }


def looked_up(injector: Injector) -> Facts:
    """Enrichment: a shard of events that bring nothing of what is looked up."""
    with enriching(injector) as platform, surrounded("enrichment", platform):
        platform.stream(events(), batch=4)
        verdict = ("score", "decision", "model_version", "degraded", "latency_ms")
        vectors = by_sequence(platform.rows("features/"), *verdict)
        return {"state": state(platform), "vectors": vectors, "dead": platform.dead}


def delivered(injector: Injector) -> Facts:
    """The transform: each record whole, with what was looked up, or failed; none silently without it."""
    with running(injector, "delivery_transform", ENVIRONMENT) as platform, surrounded("delivery_transform", platform):
        for _ in range(_TRIES):
            answer, error = platform.call(_request())
            if not error:
                break
        else:
            return {"ids": sorted(it["recordId"] for it in _request()["records"]), "bare": []}
        rows = [json.loads(base64.b64decode(it["data"])) for it in answer["records"] if it["result"] == "Ok"]
        bare = [row["event_id"] for row in rows if row["customer_id"] == "c1" and row["segment"] is None]
        return {"ids": sorted(it["recordId"] for it in answer["records"]), "bare": bare}


def answered(injector: Injector) -> Facts:
    """Inference: a request without what is looked up is scored, if need be without it, and says so."""
    injector.played["sagemaker-runtime"] = score
    environment = {**ENVIRONMENT, "ENDPOINT_NAME": "endpoint"}
    with running(injector, "inference", environment, STATE) as platform, surrounded("inference", platform):
        http = {"http": {"method": "POST", "path": "/predict"}, "stage": "$default", "requestId": "r"}
        request = {
            "version": "2.0",
            "requestContext": http,
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
        scored = body["score"] is not None
        told = body["degraded"] == (not scored or body.get("reason") == "lookup_error")
        decided = body["decision"] in ("APPROVE", "REVIEW")
        return {"status": answer["statusCode"], "told": told, "decided": decided, "state": state(platform)}


def versions(injector: Injector) -> Facts:
    """Lookup inbox: a file named with its version, and one that is gone again."""
    with (
        running(injector, "lookup_inbox", {**OWN, "SLICE_S": "60"}) as platform,
        surrounded("lookup_inbox", platform, known=False),
    ):
        calm("sqs").create_queue(QueueName=QUEUE)
        platform.s3.put_bucket_versioning(Bucket="lake", VersioningConfiguration={"Status": "Enabled"})
        key = "lookups-inbox/weather/a.csv"
        put = platform.s3.put_object(Bucket="lake", Key=key, Body=f"{HEADER}\nt1,{START},{GIVEN},1".encode())
        platform.queue([created(key, put["VersionId"]), created("lookups-inbox/weather/gone.csv", "")])
        done = [(it["file"], it["sent"]) for it in platform.rows("lookups-inbox-receipts/")]
        return {"done": sorted(done), "dead": [it["condition"] for it in platform.dead]}


def delivered_whole(injector: Injector) -> Facts:
    """The transform: what the lake gets of a delivery."""
    with running(injector, "delivery_transform", ENVIRONMENT) as platform, surrounded("delivery_transform", platform):
        answer, error = platform.call(_request())
        return {"error": error, "results": [it["result"] for it in answer["records"]] if answer else []}


def answered_whole(injector: Injector) -> Facts:
    """Inference: whether a request is scored with everything."""
    injector.played["sagemaker-runtime"] = score
    environment = {**ENVIRONMENT, "ENDPOINT_NAME": ENDPOINT}
    with running(injector, "inference", environment, STATE) as platform, surrounded("inference", platform):
        return {"answers": _ask(platform, "/predict", event(1, at=START))}
