"""The event inbox under faults: files of two kinds whose rest goes on in further messages, and versions of a file."""

import json
from typing import Any

from event_inbox_world import avro_events, csv_events, event, parquet_events
from fault_injection import Injector
from fault_platform import RECEIVES, REGION, Platform, calm, running
from inbox_fakes import created
from lambda_events import ENVIRONMENT
from queue_faults import _messages, _records

from lambdas.shared.files.batches import BATCH_ROWS

Facts = dict[str, Any]
QUEUE = "event-files"
OWN = {**ENVIRONMENT, "QUEUE_URL": f"https://sqs.{REGION}.amazonaws.com/123456789012/{QUEUE}"}


def event_inbox(injector: Injector) -> Facts:
    """Two files of events, one with a wrong row, whose rest goes on in a second message."""
    with running(injector, "event_inbox", {**OWN, "SLICE_S": "0.0"}) as platform:
        url = _stream_and_queue(injector)
        rows = [event(number, amount=-1.0 if number == 550 else 1.0) for number in range(600)]
        files = {"events-inbox/a.csv": csv_events(rows), "events-inbox/b.parquet": parquet_events([event(700)])}
        for key, body in files.items():
            platform.s3.put_object(Bucket="lake", Key=key, Body=body)
        platform.queue([created(key, version="") for key in files], more=lambda: _messages(calm("sqs"), url))
        return _facts(platform)


def event_rest(injector: Injector) -> Facts:
    """A file of more slices than a message has tries: without handing on, it is not done by trying again."""
    with running(injector, "event_inbox", {**OWN, "SLICE_S": "0.0"}) as platform:
        url = _stream_and_queue(injector)
        body = csv_events([event(number) for number in range((RECEIVES + 1) * BATCH_ROWS)])
        platform.s3.put_object(Bucket="lake", Key="events-inbox/a.csv", Body=body)
        platform.queue([created("events-inbox/a.csv", "")], more=lambda: _messages(calm("sqs"), url))
        return _facts(platform)


def event_versions(injector: Injector) -> Facts:
    """A file named with its version, which another one has replaced since, and one that is gone again."""
    with running(injector, "event_inbox", {**OWN, "SLICE_S": "60"}) as platform:
        _stream_and_queue(injector)
        platform.s3.put_bucket_versioning(Bucket="lake", VersioningConfiguration={"Status": "Enabled"})
        key, (first, second) = "events-inbox/a.avro", (avro_events([event(1)]), avro_events([event(2)]))
        put = platform.s3.put_object(Bucket="lake", Key=key, Body=first)
        platform.s3.put_object(Bucket="lake", Key=key, Body=second)
        platform.queue([created(key, put["VersionId"]), created("events-inbox/gone.csv", "")])
        return _facts(platform)


def _stream(injector: Injector) -> str:
    return injector.environment.get("EVENTS_STREAM", OWN["EVENTS_STREAM"])


def _stream_and_queue(injector: Injector) -> str:
    calm("kinesis").create_stream(StreamName=_stream(injector), ShardCount=1)
    return str(calm("sqs").create_queue(QueueName=QUEUE)["QueueUrl"])


def _facts(platform: Platform) -> Facts:
    """What there is, but how often: that may be more than once, and the receipt says how often at most."""
    records = [json.loads(it["Data"]) for it in _records(calm("kinesis"), _stream(platform.injector))]
    receipts = platform.rows("events-inbox-receipts/")
    ids = [it["event_id"] for it in records]
    repeated = len(ids) - len({*ids}) - sum(it["repeated"] for it in receipts)
    fault = platform.injector.fault
    unseen = fault is not None and fault.kind == "sent twice"  # below the SDK, where nobody can know of it
    return {
        "events": sorted({json.dumps(it) for it in records}),
        "repetitions are counted": repeated <= 0 or unseen or bool(platform.dead),
        "quarantine": sorted((it["file"], it["line"], it["reason"]) for it in platform.rows("quarantine/")),
        "receipts": sorted((it["file"], it["lines"], it["sent"], it["rejected"]) for it in receipts),
        "dead": platform.dead,
    }
