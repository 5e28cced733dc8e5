"""What drives every call of a role's own code, so that each of its rights is asked for, and seen to be missed.

The scenarios of faults look at what must never differ. A missing right may show elsewhere: a fallback instead of a
score, a reminder that is not sent. So these look at that as well.
"""

import contextlib
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import call_faults
import inbox_faults
import job_faults
import pytest
import queue_faults
import small_lake
import stream_faults
from call_faults import _describe
from fault_injection import Injector
from fault_platform import Platform, calm, running
from inbox_fakes import HEADER, cells, created
from lambda_events import ENVIRONMENT
from monitor_runs import window_judged
from played_endpoint import GROUP, STACK_NAME, PlayedRollouts
from queue_faults import REACTION, TOPIC
from reaction_world import ENDPOINT, drift, envelope, s3_event
from rollout_world import approval, arn
from shard_records import START, event
from stream_faults import STATE, blocking, enriching, events, score

Facts = Mapping[str, Any]
MANY = 40
"""Events of a request whose states are read by the hundred and not one by one."""
Driven = Callable[[Injector], Facts]


def answers(injector: Injector) -> Facts:
    """Inference: a single request and a batch, which reads the states of all its entities at once."""
    injector.played["sagemaker-runtime"] = score
    with running(injector, "inference", {**ENVIRONMENT, "ENDPOINT_NAME": ENDPOINT}, STATE) as platform:
        item = {"entity": {"S": "#sources"}, "source": {"S": "events#shardId-000000000000"}}
        platform.dynamodb.put_item(TableName=STATE[0], Item=item)
        one, many = (
            event(1, at=START),
            {"events": [event(number, at=START) | {"customer_id": f"c{number}"} for number in range(2, 2 + MANY)]},
        )
        asked = [_request(platform, path, body) for path, body in (("/predict", one), ("/predict/batch", many))]
        return {"answers": asked}


def _request(platform: Platform, path: str, body: object) -> Any:
    answer, error = platform.call(
        {
            "version": "2.0",
            "requestContext": {"http": {"method": "POST", "path": path}, "stage": "$default", "requestId": "r"},
            "rawPath": path,
            "headers": {"content-type": "application/json"},
            "body": json.dumps(body),
            "isBase64Encoded": False,
        }
    )
    if error:
        return error
    told = json.loads(answer["body"])
    rows = told.get("answers", [told])
    return [answer["statusCode"], *((row.get("score"), row.get("degraded")) for row in rows)]


def blocked(injector: Injector) -> Facts:
    """Enrichment: events whose verdict somebody has to be told of."""
    told: list[str] = []

    def bus(_operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
        told.extend(it["DetailType"] for it in given["Entries"])
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "e"} for _ in given["Entries"]]}

    with enriching(injector) as platform:
        injector.played |= {"events": bus, "sagemaker-runtime": blocking}
        platform.stream(events(), batch=4)
        verdicts = {it["sequence_number"]: it.get("score") for it in platform.rows("features/")}
        return {"told": sorted(told), "scores": verdicts, "dead": platform.dead}


def cut(injector: Injector) -> Facts:
    """Drift response: a retraining that timed out holds the lock; a window whose labels nobody has counted."""
    environment = {**ENVIRONMENT, "ENDPOINT_NAME": ENDPOINT, "TOPIC_ARN": TOPIC}
    injector.played["events"] = lambda *_: {"FailedEntryCount": 0, "Entries": [{"EventId": "e"}]}
    injector.played["sns"] = lambda *_: {"MessageId": "m"}
    with running(injector, "drift_response", environment, REACTION) as platform:
        held = {"subject": {"S": "lock"}, "entry_id": {"S": "current"}, "owner": {"S": "arn:run"}}
        platform.dynamodb.put_item(TableName="headrace-fraud-dev-reaction", Item=held)
        given = json.dumps({"RequestId": "r1", "TriggerReason": "drift"})
        ended = {"executionArn": "arn:run", "name": "run", "status": "TIMED_OUT", "input": given}
        kind = "Step Functions Execution Status Change"
        key = f"monitoring/{ENDPOINT}/{ENDPOINT}-model-quality/2026/01/02/00/constraint_violations.json"
        body = json.dumps({"violations": [drift("amount", 0.9)]}).encode()
        platform.s3.put_object(Bucket="lake", Key=key, Body=body)
        platform.queue([envelope("aws.states", kind, ended, time="2026-01-01T03:00:00Z")])
        platform.queue([s3_event(key, time="2026-01-02T00:10:00Z")])
        subjects = sorted(it["subject"]["S"] for it in platform.items("headrace-fraud-dev-reaction"))
        return {"items": subjects, "dead": [it["condition"] for it in platform.dead]}


def checked(injector: Injector) -> Facts:
    """Deployment: the check after traffic, of requests that left no file, too few to tell and then enough."""
    rollouts = PlayedRollouts(failing="none")
    injector.played |= rollouts.services
    injector.played["cloudwatch"] = lambda *_: {"Datapoints": [{"Sum": 10.0}]}
    queue = ENVIRONMENT["QUEUE_URL"].replace("label-files", "approvals")
    captures = {"LAKE_BUCKET": "lake", "CAPTURE_PREFIX": f"capture/{ENDPOINT}/AllTraffic/", "CAPTURE_PERCENT": "100"}
    own = {"STACK_NAME": STACK_NAME, "ENDPOINT_NAME": ENDPOINT, "MODEL_PACKAGE_GROUP": GROUP, "VARIANT": "AllTraffic"}
    with running(injector, "deployment", {**ENVIRONMENT, **own, **captures, "QUEUE_URL": queue}) as platform:
        calm("sqs").create_queue(QueueName="approvals")
        detail = {"ModelPackageArn": arn(1), "Since": START, "Look": 1}
        platform.queue([json.dumps({"source": "headrace", "detail-type": "Capture Check Due", "detail": detail})])
        waiting = calm("sqs").get_queue_attributes(
            QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessagesDelayed"]
        )["Attributes"]
        return {"waiting": waiting, "dead": platform.dead}


def frozen(injector: Injector) -> Facts:
    """Deployment: an approval while broken data hold back promotions."""
    rollouts = PlayedRollouts(failing="none")
    injector.played |= rollouts.services
    own = {"STACK_NAME": STACK_NAME, "MODEL_PACKAGE_GROUP": GROUP, "REACTION_TABLE": REACTION[0]}
    with running(injector, "deployment", {**ENVIRONMENT, **own, "ENDPOINT_NAME": ENDPOINT}, REACTION) as platform:
        memory = {"subject": {"S": "memory"}, "entry_id": {"S": "current"}, "memory": {"S": "{}"}}
        platform.dynamodb.put_item(TableName=REACTION[0], Item={**memory, "frozen": {"BOOL": True}})
        platform.queue([approval(2)], most=10, more=rollouts.announcements)
        return {**rollouts.facts(), "dead": [it["condition"] for it in platform.dead]}


def versions(injector: Injector) -> Facts:
    """Label inbox: a file named with its version, and one that is gone again."""
    with running(injector, "label_inbox", {**ENVIRONMENT, "SLICE_S": "60"}) as platform:
        calm("kinesis").create_stream(StreamName="labels", ShardCount=1)
        calm("sqs").create_queue(QueueName="label-files")
        platform.s3.put_bucket_versioning(Bucket="lake", VersioningConfiguration={"Status": "Enabled"})
        text = "\n".join([HEADER, cells(1)])
        put = platform.s3.put_object(Bucket="lake", Key="labels-inbox/a.csv", Body=text.encode())
        platform.queue([created("labels-inbox/a.csv", put["VersionId"]), created("labels-inbox/gone.csv", "")])
        done = [(it["file"], it["sent"]) for it in platform.rows("labels-inbox-receipts/")]
        return {"done": sorted(done), "dead": [it["condition"] for it in platform.dead]}


def judged(injector: Injector) -> Facts:
    """Monitoring: a plan that needs labels, what a run of ours found, and what a run of Model Monitor found."""
    injector.played["sagemaker"] = _describe
    packages = {"ENDPOINT_NAME": ENDPOINT, "VARIANT": "AllTraffic", "PACKAGES": "s3://code/headrace.zip"}
    with running(injector, "monitoring", {**ENVIRONMENT, **packages}) as platform:
        for key in (f"capture/{ENDPOINT}/AllTraffic/2026/02/24/05/a.jsonl", "ground-truth/2026/03/03/05/a.jsonl"):
            platform.s3.put_object(Bucket="lake", Key=key, Body=b"{}")
        folder = f"monitoring/{ENDPOINT}/{ENDPOINT}-data-quality/2026/03/03/05/"
        violations = f"{folder}constraint_violations.json"
        platform.s3.put_object(Bucket="lake", Key=violations, Body=b'{"violations": []}')
        asked: Sequence[Any] = ({"kind": "model_quality", "time": "2026-03-04T01:10:00Z"}, {"published": violations})
        with contextlib.redirect_stdout(io.StringIO()) as written:
            told = [platform.call(it) for it in asked]
        return {
            "answers": told,
            "metrics": "degraded" in written.getvalue(),
            "plans": platform.rows("monitoring-plans/"),
        }


def shrunk(injector: Injector) -> Facts:
    """The training set's job: a set of two days, then of the second alone."""
    with pytest.MonkeyPatch.context() as patch, running(injector, "enrichment", ENVIRONMENT) as platform:
        patch.setattr("usecases.load", lambda _: small_lake.USECASE)
        job_faults.upload(platform, small_lake.week()[:12], "delivery")
        ends = [job_faults.start(platform, since=since) for since in ("2018-04-01", "2018-04-02")]
        return {"ends": ends, "files": job_faults.files(platform)}


DRIVEN: Mapping[str, tuple[Driven, ...]] = {
    "features/Enrichment": (stream_faults.enrichment, blocked),
    "features/GroundTruth": (stream_faults.ground_truth,),
    "ingestion/DeliveryTransform": (),
    "ingestion/EventInbox": (inbox_faults.event_inbox, inbox_faults.event_versions, inbox_faults.event_rest),
    "ingestion/LabelInbox": (queue_faults.label_inbox, versions),
    "monitoring/MonitorRun": (window_judged,),
    "monitoring/Monitoring": (call_faults.monitoring, judged),
    "retraining/DriftResponse": (queue_faults.drift_response, cut),
    "serving/Deployment": (queue_faults.deployment, checked, frozen),
    "serving/Inference": (answers,),
    "training/TrainingSetJob": (job_faults.training_set, shrunk),
}
"""What drives the code that acts under each role. A use case without hashed fields has no secret to read."""
NAMES = {
    "ENDPOINT_NAME": ENDPOINT,
    "EVENTS_STREAM": "headrace-fraud-dev-events",
    "FEATURE_GROUPS": f"customer={ENDPOINT}-customer,terminal={ENDPOINT}-terminal",
    "MODEL_PACKAGE_GROUP": GROUP,
}
"""The names that the templates give, in place of those of the scenarios."""
