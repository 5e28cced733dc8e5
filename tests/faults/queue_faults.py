"""The functions that queues feed, under faults: files of labels, rollouts, decisions about drift."""

import json
from collections.abc import Mapping
from typing import Any

from fault_injection import Injector
from fault_platform import RECEIVES, REGION, Platform, calm, running
from inbox_fakes import HEADER, cells, created
from lambda_events import ENVIRONMENT
from played_endpoint import GROUP, STACK_NAME, PlayedRollouts
from reaction_world import ENDPOINT, drift, envelope, own_event, s3_event
from rollout_world import approval, arn, rollback

from headrace.events import RetrainingFinished
from lambdas.deployment.messages import APPROVAL

Facts = dict[str, Any]
TOPIC = f"arn:aws:sns:{REGION}:123456789012:topic"
REACTION = ("headrace-fraud-dev-reaction", "subject", "entry_id")


def label_inbox(injector: Injector) -> Facts:
    """Two files of labels, one with a wrong line, whose rest goes on in a second message."""
    with running(injector, "label_inbox", {**ENVIRONMENT, "SLICE_S": "0.0"}) as platform:
        kinesis, sqs = calm("kinesis"), calm("sqs")
        kinesis.create_stream(StreamName="labels", ShardCount=1)
        url = sqs.create_queue(QueueName="label-files")["QueueUrl"]
        lines = [HEADER, *(cells(number) for number in range(600)), "broken,line", cells(601)]
        files = {"labels-inbox/a.csv": "\n".join(lines), "labels-inbox/b.csv": "\n".join([HEADER, cells(700)])}
        for key, text in files.items():
            platform.s3.put_object(Bucket="lake", Key=key, Body=text.encode())
        platform.queue([created(key, version="") for key in files], more=lambda: _messages(sqs, url))
        receipts = platform.rows("labels-inbox-receipts/")
        return {
            "labels": sorted({json.loads(it["Data"])["event_id"] for it in _records(kinesis, "labels")}),
            "quarantine": sorted((it["file"], it["line"], it["reason"]) for it in platform.rows("quarantine/")),
            "receipts": sorted((it["file"], it["lines"], it["sent"], it["rejected"]) for it in receipts),
            "dead": platform.dead,
        }


def _messages(sqs: Any, url: str) -> list[str]:
    """What the function has sent to its own queue, without its delay."""
    found = []
    while got := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        for it in got:
            found.append(it["Body"])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=it["ReceiptHandle"])
    return found


def _records(kinesis: Any, stream: str) -> list[dict[str, Any]]:
    shard = kinesis.list_shards(StreamName=stream)["Shards"][0]["ShardId"]
    iterator = kinesis.get_shard_iterator(StreamName=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    return list(kinesis.get_records(ShardIterator=iterator["ShardIterator"], Limit=10_000)["Records"])


def deployment(injector: Injector) -> Facts:
    """A rollout that succeeds, one that fails and is rolled back, a late copy of each, and a rollback on request."""
    rollouts = PlayedRollouts(failing=arn(3, GROUP))
    injector.played |= rollouts.services
    environment = {**ENVIRONMENT, "STACK_NAME": STACK_NAME, "ENDPOINT_NAME": ENDPOINT, "MODEL_PACKAGE_GROUP": GROUP}
    with running(injector, "deployment", environment) as platform:
        for body in (approval(2), approval(3), approval(2), approval(3), rollback(1, RolledBackModelPackageArn=arn(2))):
            platform.queue([body], most=10, more=rollouts.announcements)
        return {**rollouts.facts(), "dead": platform.dead}


def drift_response(injector: Injector) -> Facts:
    """Three windows with drift, each told twice, the model that the retraining registers, and its end."""
    environment = {**ENVIRONMENT, "ENDPOINT_NAME": ENDPOINT, "TOPIC_ARN": TOPIC}
    told: list[tuple[str, str]] = []
    injector.played["events"] = lambda operation, given: _publish(told, given)
    injector.played["sns"] = lambda operation, given: _tell(told, given)
    with running(injector, "drift_response", environment, REACTION) as platform:
        for day in ("02", "03", "04"):
            key = f"monitoring/{ENDPOINT}/{ENDPOINT}-data-quality/2026/01/{day}/00/constraint_violations.json"
            body = json.dumps({"violations": [drift("amount", 0.9)]}).encode()
            platform.s3.put_object(Bucket="lake", Key=key, Body=body)
            platform.queue([s3_event(key, time=f"2026-01-{day}T00:10:00Z", event_id=copy) for copy in "ab"])
        registered = envelope("aws.sagemaker", APPROVAL, _registered(), time="2026-01-04T04:00:00Z")
        platform.queue([registered], most=RECEIVES)
        asked = [json.loads(text)["RequestId"] for kind, text in told if kind == "Retraining Requested"]
        ended = RetrainingFinished(
            usecase="fraud",
            stage="dev",
            at="2026-01-04T05:00:00Z",
            request_id=asked[0] if asked else "nobody",
            trigger="drift",
            outcome="refused",
            execution_arn="arn:aws:states:eu-west-1:123456789012:execution:retraining:1",
            reason="a gate said no",
        )
        platform.queue([own_event(ended, time="2026-01-04T05:00:00Z")], most=RECEIVES)
        return _decided(platform, told)


def _registered() -> dict[str, Any]:
    """A package that the retraining registered."""
    return {
        "ModelPackageGroupName": GROUP, "ModelPackageVersion": 2, "ModelPackageArn": arn(2, GROUP),
        "ModelApprovalStatus": "PendingManualApproval", "CreationTime": "2026-01-04T04:00:00Z",
    }  # fmt: skip


def _publish(told: list[tuple[str, str]], given: Mapping[str, Any]) -> dict[str, Any]:
    told += [(it["DetailType"], it["Detail"]) for it in given["Entries"]]
    return {"FailedEntryCount": 0, "Entries": [{"EventId": "e"}]}


def _tell(told: list[tuple[str, str]], given: Mapping[str, Any]) -> dict[str, Any]:
    told.append((given["Subject"], given["Message"]))
    return {"MessageId": "m"}


def _decided(platform: Platform, told: list[tuple[str, str]]) -> Facts:
    items = platform.items("headrace-fraud-dev-reaction")
    decisions = [it for it in items if it["subject"]["S"] == "decision"]
    return {
        "records": sorted(it["record"]["S"] for it in decisions),
        "open": [it["entry_id"]["S"] for it in decisions if it["open"]["BOOL"]],
        "memory": [it["memory"]["S"] for it in items if it["subject"]["S"] == "memory"],
        "lake": sorted(json.dumps(it, sort_keys=True) for it in platform.rows("decisions/")),
        "told": sorted(set(told)),
        "dead": platform.dead,
    }
