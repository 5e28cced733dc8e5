"""What the local SageMaker needs from the machine it runs on: time, objects, an event bus, metrics and logs.

Everything else in this package is written against this one Protocol, so that it can be tested with plain objects
and put on another emulator without change.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

Record = dict[str, Any]
"""A request, an answer or a stored resource in the JSON shape of the AWS API."""

_S3_URI = re.compile(r"s3://([^/]+)/?(.*)", re.DOTALL)


@dataclass(frozen=True)
class Account:
    """The account and region that every resource of this process belongs to."""

    id: str = "000000000000"
    region: str = "eu-west-1"

    def arn(self, resource: str, service: str = "sagemaker") -> str:
        """The ARN of a resource, for example ``endpoint/fraud``."""
        return f"arn:aws:{service}:{self.region}:{self.id}:{resource}"


@dataclass(frozen=True)
class S3Location:
    """A bucket and a key or key prefix."""

    bucket: str
    key: str

    @classmethod
    def parse(cls, uri: str) -> "S3Location":
        """Read ``s3://bucket/key``. Raises ValueError for anything else."""
        match = _S3_URI.fullmatch(uri)
        if not match:
            raise ValueError(f"{uri!r} is not an S3 URI")
        return cls(match[1], match[2])

    def child(self, relative: str) -> "S3Location":
        """The location of a key below this prefix."""
        return S3Location(self.bucket, "/".join(part for part in (self.key.strip("/"), relative) if part))

    @property
    def uri(self) -> str:
        """``s3://bucket/key``."""
        return f"s3://{self.bucket}/{self.key}"


class ObjectError(Exception):
    """An object could not be read or written."""


class ObjectNotFoundError(ObjectError):
    """No such bucket or key."""


class ObjectDeniedError(ObjectError):
    """The role may not do this."""


class Objects(Protocol):
    """Object storage, as one role sees it. Every method may raise ObjectDeniedError."""

    def keys(self, prefix: S3Location) -> Iterable[str]:
        """Every key that starts with the prefix, in order. Raises ObjectNotFoundError for an unknown bucket."""

    def read(self, location: S3Location) -> bytes:
        """One object. Raises ObjectNotFoundError."""

    def write(self, location: S3Location, body: bytes) -> None:
        """Store one object."""

    def download(self, location: S3Location, path: Path) -> None:
        """Copy one object to a file whose directory exists. Raises ObjectNotFoundError."""

    def upload(self, path: Path, location: S3Location) -> None:
        """Copy a file to one object."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """One event for the default event bus, source ``aws.sagemaker``; it is dated when it is put there."""

    detail_type: str
    detail: Mapping[str, Any]
    resources: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One CloudWatch datum."""

    namespace: str
    name: str
    value: float
    unit: str
    dimensions: Mapping[str, str]


class Platform(Protocol):
    """The machine. Methods may be called from any thread."""

    @property
    def account(self) -> Account:
        """Owner of all resources."""

    @property
    def work_dir(self) -> Path:
        """Where job roots, models and logs live until the process ends."""

    def now(self) -> float:
        """Time of the injected clock, epoch seconds."""

    def objects(self, role_arn: str) -> Objects:
        """Object storage with the rights of a role."""

    def job_environment(self, role_arn: str) -> Mapping[str, str]:
        """What a container finds in its environment: region, credentials of its role, the endpoint of AWS."""

    def emit(self, event: Event) -> None:
        """Put an event on the default bus, after the earlier ones; returns before anybody has seen it."""

    def measure(self, measurements: Iterable[Measurement]) -> None:
        """Store CloudWatch data."""

    def alarm_states(self, names: Iterable[str]) -> Mapping[str, str]:
        """State of each CloudWatch alarm that exists, by name."""

    def write_log(self, group: str, stream: str, text: str) -> None:
        """Append the lines of a text to a CloudWatch log stream."""
