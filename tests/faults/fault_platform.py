"""AWS around one function: streams are worked off by the emulator's event source mapping, queues by SQS's rules."""

import base64
import importlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import boto3
import pytest
from aws_lambda_powertools import Metrics
from botocore.awsrequest import AWSResponse
from fault_injection import Injector, KilledError, install
from ministack.services import dynamodb
from moto import mock_aws
from moto.core.botocore_stubber import MockRawResponse

from local.emulator.mapping_event import GivenUp, Source, event_record, failure_document
from local.emulator.mapping_retry import Answer, Policy, process
from local.emulator.ministack_kinesis import Record

REGION = "eu-west-1"
POLICY = Policy(report_item_failures=True, bisect=True, retries=8)
RECEIVES = 5
_SOURCE = Source(
    stream_arn=f"arn:aws:kinesis:{REGION}:123456789012:stream/events", role_arn="role", function_arn="function"
)
_CACHES = ("settings", "connect", "key", "lookups")
_OWN = {"core": {"mock_credentials": True, "reset_boto3_session": False, "passthrough": {"services": ["dynamodb"]}}}
Handler = Callable[[Any, object], Any]


def _dynamodb(request: Any) -> AWSResponse:
    """DynamoDB is the emulator's: it knows conditional PartiQL batches."""
    headers = {
        name.lower(): value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()
    }
    handling = dynamodb.handle_request("POST", "/", headers, request.body, {})
    try:
        handling.send(None)
    except StopIteration as done:
        status, answer_headers, body = done.value
        return AWSResponse(request.url, status, answer_headers, MockRawResponse(body))
    raise AssertionError("the emulator's DynamoDB waits for something")


@cache
def calm(service: Any) -> Any:
    """A client that no fault strikes."""
    session = boto3.Session(region_name=REGION)
    session.events.register("before-send.dynamodb", lambda request, **_: _dynamodb(request))
    return session.client(service)


class Context:
    """What Powertools and handlers read of a Lambda context."""

    function_name = "function"
    memory_limit_in_mb = 512
    invoked_function_arn = f"arn:aws:lambda:{REGION}:123456789012:function:function"
    aws_request_id = "52fdfc07-2182-154f-163f-5f0f9a621d72"

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


@dataclass
class Platform:
    """Stores, clients that no fault strikes, and dead letters."""

    injector: Injector
    folder: str
    dead: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.s3, self.dynamodb = calm("s3"), calm("dynamodb")
        self.s3.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": REGION})
        self._module = importlib.import_module(f"lambdas.{self.folder}.handler")

    def table(self, name: str, *key: str) -> None:
        """An empty table of texts."""
        self.dynamodb.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": it, "KeyType": kind} for it, kind in zip(key, ("HASH", "RANGE"), strict=True)],
            AttributeDefinitions=[{"AttributeName": it, "AttributeType": "S"} for it in key],
            BillingMode="PAY_PER_REQUEST",
        )

    def items(self, table: str) -> list[dict[str, Any]]:
        """Everything stored."""
        return list(self.dynamodb.scan(TableName=table)["Items"])

    def rows(self, prefix: str) -> list[dict[str, Any]]:
        """Every JSON line under a prefix of the lake."""
        keys = [it["Key"] for it in self.s3.list_objects_v2(Bucket="lake", Prefix=prefix).get("Contents", [])]
        bodies = [self.s3.get_object(Bucket="lake", Key=key)["Body"].read() for key in keys]
        return [json.loads(line) for body in bodies for line in body.splitlines() if line.strip()]

    def call(self, event: Any) -> tuple[Any, str]:
        """One invocation. Returns the answer and '', or None and what became of the function."""
        try:
            with self.injector.watching():
                return self._module.handler(json.loads(json.dumps(event)), Context()), ""
        except KilledError:
            cold_start(self.folder)
            return None, "Runtime.ExitError"
        except Warning:  # an error in tests only; taken for a failed invocation, it would be tried again unseen
            raise
        except Exception as exc:  # whatever a handler lets through, Lambda calls an unhandled error
            return None, type(exc).__name__

    def stream(self, records: Sequence[Record], *, batch: int) -> None:
        """Feed a shard to the function as its event source mapping does."""
        for start in range(0, len(records), batch):
            process(records[start : start + batch], POLICY, _Mapping(self))

    def queue(self, bodies: Sequence[str], *, most: int = RECEIVES, more: Callable[[], list[str]] = list) -> None:
        """Feed a queue to the function: what it does not delete comes back, in the end to the dead letters."""
        waiting = [(body, 1) for body in bodies]
        while waiting:
            body, tries = waiting.pop(0)
            record = {"messageId": "m", "body": body, "eventSource": "aws:sqs", "messageAttributes": {}}
            answer, error = self.call({"Records": [record]})
            if error or answer["batchItemFailures"]:
                if tries < most:
                    waiting.append((body, tries + 1))
                else:
                    self.dead.append({"body": body, "condition": error or "ReceivesExhausted"})
            waiting += [(it, 1) for it in more()]


class _Mapping:
    """The ``Port`` of a shard's batches."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def invoke(self, records: Sequence[Record]) -> Answer:
        payload, error = self._platform.call({"Records": [event_record(it, _SOURCE) for it in records]})
        return Answer(payload=payload, error=error)

    def give_up(self, given_up: GivenUp) -> None:
        self._platform.dead.append(failure_document(given_up, _SOURCE, self.now()))

    def done(self, record: Record) -> None: ...

    def wait(self, attempt: int) -> bool:
        return True

    def now(self) -> float:
        return 1_700_010_000.0


def record(number: int, body: bytes | Mapping[str, object], *, arrived_at: float) -> Record:
    """A record of the one shard."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    sequence = str(49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_898 + number)
    return Record("shardId-000000000000", sequence, "key", base64.b64encode(data).decode(), arrived_at)


def cold_start(folder: str) -> None:
    """Forget what a process remembers. Clients stay, as they hold nothing but connections."""
    metrics = Metrics()  # all instances share what they hold: here that of every function before
    metrics.clear_default_dimensions()
    metrics.clear_metrics()
    adapters = importlib.import_module(f"lambdas.{folder}.adapters")
    for name in _CACHES:
        if hasattr(adapters, name):
            getattr(adapters, name).cache_clear()


@contextmanager
def running(
    injector: Injector, folder: str, environment: Mapping[str, str], *tables: Sequence[str]
) -> Iterator[Platform]:
    """A platform with a cold function; each table is its name and its two keys."""
    injector.sends["dynamodb"] = _dynamodb
    install(injector)
    with mock_aws(config=_OWN), pytest.MonkeyPatch.context() as patch:
        for name, value in {**environment, **injector.environment}.items():
            patch.setenv(name, value)
        cold_start(folder)
        platform = Platform(injector, folder)
        for name, *key in tables:
            platform.table(name, *key)
        try:
            yield platform
        finally:
            for name, *_ in tables:
                platform.dynamodb.delete_table(TableName=name)
            cold_start(folder)
            install(Injector())
