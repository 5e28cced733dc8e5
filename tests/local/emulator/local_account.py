"""The local account as tests use it: short ways to make functions, roles, streams and queues, and to wait."""

import io
import json
import time
import uuid
import zipfile
from collections.abc import Callable
from typing import Any

from local.loop import Loop

ASSUMED_BY_LAMBDA = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "*"}, "Action": "sts:AssumeRole"}],
}
ANYTHING = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]


class Account:
    """The local account as the tests use it."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.client = loop.client

    def name(self, noun: str) -> str:
        """A name nobody else uses."""
        return f"{noun}-{uuid.uuid4().hex[:10]}"

    def role(self, statements: list[dict[str, Any]] | None = None) -> str:
        """A role with these policy statements; by default it may do anything."""
        name = self.name("role")
        arn: str = self.client("iam").create_role(
            RoleName=name, AssumeRolePolicyDocument=json.dumps(ASSUMED_BY_LAMBDA)
        )["Role"]["Arn"]
        policy = {"Version": "2012-10-17", "Statement": ANYTHING if statements is None else statements}
        if policy["Statement"]:
            self.client("iam").put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(policy))
        return arn

    def function(self, source: str, *, role: str | None = None, timeout: int = 20, **environment: str) -> str:
        """A function of one file, ``handler.handler``; returns its ARN."""
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as bundle:
            bundle.writestr("handler.py", source)
        answer = self.client("lambda").create_function(
            FunctionName=self.name("function"),
            Runtime="python3.12",
            Role=role or self.role(),
            Handler="handler.handler",
            Code={"ZipFile": code.getvalue()},
            Timeout=timeout,
            Environment={"Variables": environment},
        )
        return str(answer["FunctionArn"])

    def bucket(self) -> str:
        """A bucket."""
        name = self.name("bucket")
        self.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": self.loop.region})
        return name

    def queue(self, **attributes: str) -> tuple[str, str]:
        """A queue: URL and ARN."""
        sqs = self.client("sqs")
        url = sqs.create_queue(QueueName=self.name("queue"), Attributes=attributes)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        return url, arn

    def stream(self, shards: int = 1) -> tuple[str, str]:
        """A stream: name and ARN."""
        name = self.name("stream")
        self.client("kinesis").create_stream(StreamName=name, ShardCount=shards)
        return name, f"arn:aws:kinesis:{self.loop.region}:000000000000:stream/{name}"

    def messages(self, url: str, count: int = 1, timeout_s: float = 10.0) -> list[dict[str, Any]]:
        """The bodies of the next ``count`` messages of a queue, as JSON, taken off it."""
        found: list[dict[str, Any]] = []

        def enough() -> bool:
            answer = self.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
            for message in answer.get("Messages", []):
                found.append(json.loads(message["Body"]))
                self.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return len(found) >= count

        until(enough, timeout_s)
        return found

    def objects(self, bucket: str, prefix: str = "") -> dict[str, bytes]:
        """Every object under a prefix, by key."""
        s3 = self.client("s3")
        listed = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
        return {item["Key"]: s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read() for item in listed}


def until(condition: Callable[[], Any], timeout_s: float = 10.0) -> Any:
    """Wait for a condition and return what it gave."""
    deadline = time.monotonic() + timeout_s
    while not (found := condition()):
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.03)
    return found
