"""A platform in memory: objects in a dict, events in a list, a clock that is set by hand."""

import threading
from collections.abc import Iterable, Mapping
from pathlib import Path

from local.sagemaker.platform import Account, Event, Measurement, ObjectDeniedError, ObjectNotFoundError, S3Location

ROLE = "arn:aws:iam::000000000000:role/pipeline"
BUCKET = "lake"


class MemoryObjects:
    """Every object of every bucket; a role named ``denied`` may do nothing."""

    def __init__(self) -> None:
        self.stored: dict[str, bytes] = {}

    def keys(self, prefix: S3Location) -> list[str]:
        if prefix.bucket != BUCKET:
            raise ObjectNotFoundError(f"no bucket {prefix.bucket}")
        return sorted(uri[len(f"s3://{BUCKET}/") :] for uri in self.stored if uri.startswith(prefix.uri))

    def read(self, location: S3Location) -> bytes:
        try:
            return self.stored[location.uri]
        except KeyError as exc:
            raise ObjectNotFoundError(location.uri) from exc

    def write(self, location: S3Location, body: bytes) -> None:
        self.stored[location.uri] = body

    def download(self, location: S3Location, path: Path) -> None:
        path.write_bytes(self.read(location))

    def upload(self, path: Path, location: S3Location) -> None:
        self.write(location, path.read_bytes())

    def put(self, key: str, body: bytes | str) -> str:
        """Store an object in the bucket of the tests and return its URI."""
        uri = f"s3://{BUCKET}/{key}"
        self.stored[uri] = body.encode() if isinstance(body, str) else body
        return uri


class MemoryPlatform:
    """What SageMaker runs on in these tests."""

    def __init__(self, work_dir: Path) -> None:
        self.account = Account()
        self.work_dir = work_dir
        self.time = 1_700_000_000.0
        self.s3 = MemoryObjects()
        self.events: list[Event] = []
        self.measurements: list[Measurement] = []
        self.alarms: dict[str, str] = {}
        self.logs: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()

    def now(self) -> float:
        return self.time

    def objects(self, role_arn: str) -> MemoryObjects:
        if role_arn.endswith("/denied"):
            raise ObjectDeniedError(f"{role_arn} is not authorized")
        return self.s3

    def job_environment(self, role_arn: str) -> Mapping[str, str]:
        return {"AWS_REGION": self.account.region}

    def emit(self, event: Event) -> None:
        with self._lock:
            self.events.append(event)

    def measure(self, measurements: Iterable[Measurement]) -> None:
        self.measurements += measurements

    def alarm_states(self, names: Iterable[str]) -> Mapping[str, str]:
        return {name: self.alarms[name] for name in names if name in self.alarms}

    def write_log(self, group: str, stream: str, text: str) -> None:
        self.logs[group, stream] = text

    def details(self, detail_type: str) -> list[Mapping[str, object]]:
        """The details of all events of one type, in order."""
        with self._lock:
            return [event.detail for event in self.events if event.detail_type == detail_type]
