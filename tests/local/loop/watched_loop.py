"""A loop whose monitors have run: its clock, its jobs, its alarms and what they said."""

import json
import time
from dataclasses import dataclass
from typing import Any

import pandas as pd

from cli.deployment import Deployment
from headrace.monitoring import FOLDER, RUN, Outputs
from local.loop import Loop

DAY = 86_400
ENDPOINT = "headrace-fraud-local"


@dataclass(frozen=True)
class Watched:
    """A loop that has seen a usual day and one with dearer prices; ``first`` is the usual day's midnight."""

    deployment: Deployment
    loop: Loop
    world: pd.DataFrame
    first: int
    changes: list[dict[str, Any]]
    runs_after_one_day: list[str]

    def document(self, kind: Any, day: int, name: str) -> dict[str, Any]:
        """A document of the run whose window ends with that day."""
        folder = Outputs(endpoint=ENDPOINT, kind=kind, end=self.first + day * DAY).folder
        body = self.deployment.s3.get_object(Bucket=self.deployment.bucket, Key=f"{folder}{name}")["Body"].read()
        found: dict[str, Any] = json.loads(body)
        return found


def wait_until(loop: Loop, moment: float) -> None:
    """Let the clock come to a moment, and what then starts come to its end."""
    loop.advance(max(0.0, moment - loop.now()))
    time.sleep(1.5)
    loop.wait_idle(300)


def queue_of_alarms(loop: Loop) -> str:
    """A queue that receives every change of state of an alarm."""
    return queue_of(loop, "alarms", source="aws.cloudwatch", told="CloudWatch Alarm State Change")


def queue_of(loop: Loop, name: str, *, source: str, told: str) -> str:
    """A queue of that name that receives every event of one type."""
    sqs, events = loop.client("sqs"), loop.client("events")
    url = str(sqs.create_queue(QueueName=name)["QueueUrl"])
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [source], "detail-type": [told]}))
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])
    return url


def received(loop: Loop, url: str) -> list[dict[str, Any]]:
    """What every event in the queue says, in order; the queue forgets after four days of the clock."""
    sqs, told = loop.client("sqs"), []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for it in messages:
            told.append(json.loads(it["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=it["ReceiptHandle"])
    return [it["detail"] for it in sorted(told, key=lambda it: str(it["time"]))]


def alarm(loop: Loop, kind: str = "data_quality") -> dict[str, Any]:
    """The alarm on violations of one kind."""
    alarms = loop.client("cloudwatch").describe_alarms()["MetricAlarms"]
    dimension = {"Name": "Monitor", "Value": kind}
    (ours,) = [it for it in alarms if it["Namespace"] == "Headrace/Monitor" and dimension in it["Dimensions"]]
    return dict(ours)


def runs(deployment: Deployment) -> list[str]:
    """Every run that has left its documents, and when: whether a machine judged or a function, once or twice."""
    pages = deployment.s3.get_paginator("list_objects_v2").paginate(Bucket=deployment.bucket, Prefix=FOLDER)
    found = [it for page in pages for it in page.get("Contents", []) if it["Key"].endswith(f"/{RUN}")]
    return sorted(f"{it['Key']} {it['LastModified']}" for it in found)
