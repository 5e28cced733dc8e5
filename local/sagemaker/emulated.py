"""The platform that this package runs on: the emulator's clock, objects, event bus, metrics, roles and logs.

Objects go through the S3 API with the credentials of the role, so that a missing grant fails here as it does on AWS.
"""

import contextlib
import logging
import queue
import threading
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local import clients
from local.clock import clock
from local.emulator import events, metrics, roles, settings
from local.sagemaker.platform import (
    Account,
    Event,
    Measurement,
    ObjectDeniedError,
    ObjectError,
    ObjectNotFoundError,
    S3Location,
)

_SOURCE = "aws.sagemaker"
_MISSING = ("NoSuchKey", "NoSuchBucket", "404", "NotFound")
_CHUNK_BYTES = 1 << 20
_LOG_EVENTS = 1000
_log = logging.getLogger(__name__)


def _role_client(service: str, credentials: Mapping[str, str]) -> Any:
    session: Any = boto3.Session(  # the stubs know a service only by a literal name
        aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=credentials.get("AWS_SESSION_TOKEN") or None,
        region_name=clients.REGION,
    )
    config = Config(
        retries={"total_max_attempts": 2}, s3={"addressing_style": "path"}, read_timeout=120, max_pool_connections=16
    )
    return session.client(service, endpoint_url=settings.endpoint_url(), config=config)


class RoleObjects:
    """S3 with the rights of a role."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def keys(self, prefix: S3Location) -> list[str]:
        """See ``platform.Objects``."""
        try:
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=prefix.bucket, Prefix=prefix.key)
            return [item["Key"] for page in pages for item in page.get("Contents", [])]
        except (ClientError, BotoCoreError) as exc:
            raise _translated(exc, prefix) from exc

    def read(self, location: S3Location) -> bytes:
        """See ``platform.Objects``."""
        try:
            body: bytes = self._client.get_object(Bucket=location.bucket, Key=location.key)["Body"].read()
        except (ClientError, BotoCoreError) as exc:
            raise _translated(exc, location) from exc
        return body

    def write(self, location: S3Location, body: bytes) -> None:
        """See ``platform.Objects``."""
        try:
            self._client.put_object(Bucket=location.bucket, Key=location.key, Body=body)
        except (ClientError, BotoCoreError) as exc:
            raise _translated(exc, location) from exc

    def download(self, location: S3Location, path: Path) -> None:
        """See ``platform.Objects``."""
        try:
            body = self._client.get_object(Bucket=location.bucket, Key=location.key)["Body"]
        except (ClientError, BotoCoreError) as exc:
            raise _translated(exc, location) from exc
        with path.open("wb") as file:
            for chunk in body.iter_chunks(_CHUNK_BYTES):
                file.write(chunk)

    def upload(self, path: Path, location: S3Location) -> None:
        """See ``platform.Objects``."""
        try:
            with path.open("rb") as file:
                self._client.put_object(Bucket=location.bucket, Key=location.key, Body=file)
        except (ClientError, BotoCoreError) as exc:
            raise _translated(exc, location) from exc


def _translated(error: ClientError | BotoCoreError, location: S3Location) -> ObjectError:
    if isinstance(error, BotoCoreError):
        return ObjectError(f"{location.uri}: {error}")
    code = error.response.get("Error", {}).get("Code", "")
    if code in _MISSING:
        return ObjectNotFoundError(f"{location.uri}: {code}")
    return ObjectDeniedError(f"{location.uri}: {error}")


class Emulated:
    """The platform of the emulator process."""

    def __init__(self) -> None:
        self.account = Account()
        self.work_dir = settings.state_dir() / "sagemaker"
        self.work_dir.mkdir(parents=True, exist_ok=True)
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._dispatcher = threading.Thread(target=self._dispatch, daemon=True, name="sagemaker-events")
        self._dispatcher.start()
        # Cached per role: a client takes longer to make than a call takes.
        self.objects = lru_cache(maxsize=64)(self._objects)

    def now(self) -> float:
        """See ``platform.Platform``."""
        return clock.now()

    def _objects(self, role_arn: str) -> RoleObjects:
        return RoleObjects(_role_client("s3", roles.session(role_arn, "SageMaker")))

    def job_environment(self, role_arn: str) -> Mapping[str, str]:
        """See ``platform.Platform``."""
        region = {"AWS_REGION": self.account.region, "AWS_DEFAULT_REGION": self.account.region}
        endpoint = {"AWS_ENDPOINT_URL": settings.endpoint_url(), "AWS_EC2_METADATA_DISABLED": "true"}
        return {**region, **endpoint, **roles.session(role_arn, "SageMaker")}

    def emit(self, event: Event) -> None:
        """See ``platform.Platform``. Targets may call back while it is delivered: never in the caller's thread."""
        self._events.put(event)

    def undelivered(self) -> int:
        """How many events nobody has seen yet."""
        return self._events.qsize()

    def _dispatch(self) -> None:
        while (event := self._events.get()) is not None:
            try:
                events.put(_SOURCE, event.detail_type, dict(event.detail), event.resources)
            except Exception:  # one bad target must not keep the others from their events
                _log.exception("event %s was not delivered", event.detail_type)

    def measure(self, measurements: Iterable[Measurement]) -> None:
        """See ``platform.Platform``."""
        for it in measurements:
            metrics.put(it.namespace, it.name, it.value, it.unit, dict(it.dimensions))

    def alarm_states(self, names: Iterable[str]) -> Mapping[str, str]:
        """See ``platform.Platform``."""
        found = self._own_client("cloudwatch").describe_alarms(AlarmNames=list(names))
        return {
            alarm["AlarmName"]: alarm["StateValue"]
            for kind in ("MetricAlarms", "CompositeAlarms")
            for alarm in found.get(kind, [])
        }

    def write_log(self, group: str, stream: str, text: str) -> None:
        """See ``platform.Platform``. A log that cannot be written is not worth the job it belongs to."""
        try:
            self._put_log(group, stream, [line for line in text.splitlines() if line])
        except (ClientError, BotoCoreError):
            _log.exception("log %s %s was not written", group, stream)

    def _put_log(self, group: str, stream: str, lines: list[str]) -> None:
        logs = self._own_client("logs")
        for create, arguments in (
            (logs.create_log_group, {"logGroupName": group}),
            (logs.create_log_stream, {"logGroupName": group, "logStreamName": stream}),
        ):
            with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
                create(**arguments)
        stamp = int(self.now() * 1000)
        for start in range(0, len(lines), _LOG_EVENTS):
            entries = [{"timestamp": stamp, "message": line} for line in lines[start : start + _LOG_EVENTS]]
            logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=entries)

    @staticmethod
    def _own_client(service: str) -> Any:
        return clients.client(service, settings.endpoint_url())

    def close(self) -> None:
        """Deliver what was emitted and end."""
        self._events.put(None)
        self._dispatcher.join(5)
