"""The whole chain from a monitor's document to another model in force: templates, functions and machine as they are.

Rules, queues, the functions' environment and the machine's definition are those of the templates; both functions are
their real handlers with real clients, whose calls may fail. Played are S3, SageMaker, CloudFormation and people.
"""

import importlib
import json
import os
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from unittest import mock

from chain_bus import Bus, Clock, Delivery, Patch
from chain_machine import Machine
from chain_models import ROLLOUT, Models
from fault_injection import Injector, KilledError, RefusalError, install
from fault_platform import Context, cold_start
from ministack.core.responses import request_scope
from ministack.services import dynamodb
from synthesized import Synthesized
from template_values import ACCOUNT, REGION, Values

import lambdas.deployment.adapters

LATE = datetime(2999, 1, 1, tzinfo=UTC)
_QUEUE, _MAPPING, _FUNCTION = "AWS::SQS::Queue", "AWS::Lambda::EventSourceMapping", "AWS::Lambda::Function"
_INTERRUPTED = 0.3
"""How often something else happens before a task of the machine."""


class Consumer:
    """A function and the queue that feeds it, as its stack's template says."""

    def __init__(self, values: Values, folder: str) -> None:
        self.folder = folder
        self.environment: dict[str, str] = next(
            it["Environment"]["Variables"]
            for _, it in values.of(_FUNCTION)
            if it["Handler"] == f"lambdas.{folder}.handler.handler"
        )
        self.arn: str = values.only(_MAPPING)["EventSourceArn"]
        queues = {values.arn(name): it for name, it in values.of(_QUEUE)}
        self.receives = int(queues[self.arn]["RedrivePolicy"]["maxReceiveCount"])
        self._module = importlib.import_module(f"lambdas.{folder}.handler")

    def call(self, body: str, injector: Injector) -> bool:
        """One invocation with one message. Returns whether it may be deleted."""
        record = {"messageId": "m", "body": body, "eventSource": "aws:sqs", "messageAttributes": {}}
        try:
            with mock.patch.dict(os.environ, self.environment), injector.watching():
                return not self._module.handler({"Records": [record]}, Context())["batchItemFailures"]
        except KilledError:
            cold_start(self.folder)
            return False
        except Warning:  # an error in tests only; taken for a failed invocation, it would be tried again unseen
            raise
        except Exception:  # whatever a handler lets through, Lambda calls an unhandled error
            return False
        finally:
            self._module.metrics.clear_default_dimensions()  # of a process and a stage that are not there any more
            self._module.metrics.clear_metrics()


class Chain:
    """Everything at once. ``settle`` delivers what waits, in an order that ``seed`` gives, until nothing does."""

    def __init__(self, stage: Synthesized, patch: Patch, *, seed: int, injector: Injector | None = None) -> None:
        self.injector = injector or Injector()
        install(self.injector)
        self.random = random.Random(seed)  # noqa: S311  # an order, not a secret
        self.clock, retraining, serving = Clock(), Values(stage, "retraining"), Values(stage, "serving")
        patch(lambdas.deployment.adapters, "time", self.clock)
        self.consumers = {
            it.arn: it for it in (Consumer(retraining, "drift_response"), Consumer(serving, "deployment"))
        }
        for it in self.consumers.values():
            cold_start(it.folder)
        with request_scope(ACCOUNT, REGION):
            self.bus = Bus(patch, self.clock, retraining, serving)
            self.models = Models(self.bus, self.clock, group=stage.prefix, stack=f"{stage.prefix}-endpoint")
            self.machine = Machine(
                patch, retraining, bus=self.bus, models=self.models, clock=self.clock, meanwhile=self._meanwhile
            )
        self.bus.waiting.clear()  # what was told before the story began
        self.objects: dict[str, bytes] = {}
        self.told: list[tuple[str, str]] = []
        self.heard: list[str] = []
        self.dead: list[Delivery] = []
        self.prefix = stage.prefix
        self.injector.played |= {
            "s3": self._s3,
            "dynamodb": self._dynamodb,
            "events": lambda _, given: self.bus.put(given),
            "sns": self._sns,
            "sqs": self._sqs,
            "sagemaker": self.models.sagemaker,
            "cloudformation": self.models.cloudformation,
        }

    def window(self, hour: int, *violations: Mapping[str, str]) -> None:
        """A monitor writes what it found in an hour of the first day, and S3 says so twice."""
        key = f"monitoring/{self.prefix}/{self.prefix}-data-quality/2026/01/01/{hour:02}/constraint_violations.json"
        self.objects[key] = json.dumps({"violations": list(violations)}).encode()
        (lake,) = {it.environment["LAKE_BUCKET"] for it in self.consumers.values()}
        detail = {"bucket": {"name": lake}, "object": {"key": key, "sequencer": f"{hour:016X}", "etag": "x"}}
        with request_scope(ACCOUNT, REGION):
            self.bus.tell("aws.s3", "Object Created", detail)

    def approve_a_bad_one(self) -> None:
        """A person approves one more model; while it is rolled out, its endpoint's alarm goes off."""
        self.models.failing.add(len(self.models.packages) + 1)
        self.models.alarming = self.prefix
        with request_scope(ACCOUNT, REGION):
            self.models.register(status="Approved")

    def settle(self) -> None:
        """Deliver everything, and what follows from it."""
        with request_scope(ACCOUNT, REGION):
            while self.bus.waiting:
                self._deliver()

    def _meanwhile(self) -> None:
        if self.bus.waiting and self.random.random() < _INTERRUPTED:
            self._deliver()

    def _deliver(self) -> None:
        it = self.bus.waiting.pop(self.random.randrange(len(self.bus.waiting)))
        if it.target == ROLLOUT:
            self.models.finish()
        elif it.target in self.consumers:
            self._consume(it, self.consumers[it.target])
        else:
            self.machine.begin(it.payload)

    def _consume(self, it: Delivery, consumer: Consumer) -> None:
        if consumer.folder == "drift_response":
            self.heard.append(it.payload)
        if consumer.call(it.payload, self.injector):
            return
        if it.tries < consumer.receives:
            self.bus.waiting.append(Delivery(it.target, it.payload, it.tries + 1))
        else:
            self.dead.append(it)

    def _s3(self, operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
        if operation == "ListObjectsV2":  # requests are captured as soon as somebody looks for them
            return {"Contents": [{"Key": f"{given['Prefix']}now", "LastModified": LATE}], "IsTruncated": False}
        if operation == "PutObject":
            given["Body"].seek(0)  # the SDK has made a file of it and read it
            self.objects[given["Key"]] = given["Body"].read()
            return {}
        if given["Key"] not in self.objects:
            raise RefusalError("NoSuchKey")
        return {"Body": Stored(self.objects[given["Key"]])}

    def _dynamodb(self, operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
        target = {"x-amz-target": f"DynamoDB_20120810.{operation}"}
        handling = dynamodb.handle_request("POST", "/", target, json.dumps(given).encode(), {})
        try:
            handling.send(None)
        except StopIteration as done:
            status, _, body = done.value
            answer: dict[str, Any] = json.loads(body)
            if status >= 400:
                raise RefusalError(answer["__type"].rpartition("#")[2]) from None
            return answer
        raise AssertionError("the emulator's DynamoDB waits for something")

    def _sns(self, _operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
        self.told.append((given["Subject"], given["Message"]))
        return {"MessageId": "m"}

    def _sqs(self, _operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
        (own,) = (it.arn for it in self.consumers.values() if it.folder == "deployment")
        assert given["QueueUrl"].endswith(own.rpartition(":")[2])
        self.bus.waiting.append(Delivery(own, given["MessageBody"]))
        return {"MessageId": "m"}


class Stored:
    """An object's body as a client gives it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def read(self) -> bytes:
        """All of it."""
        return self._body
