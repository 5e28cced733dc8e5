"""A bucket of label files, a stream, a queue and receipts behind the label inbox's protocols, with faults on demand."""

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from lambda_fakes import CrashError, FakeClock, FakeStore, Faults
from shard_records import START

from headrace.errors import RetryableError
from headrace.usecase import UseCase
from lambdas.label_inbox.logic import LabelReader
from lambdas.label_inbox.settings import FOLDERS
from lambdas.shared.files.batches import Reading
from lambdas.shared.files.inbox import FileInbox, Handled, take
from lambdas.shared.files.places import Place
from lambdas.shared.files.ports import GoneError, Opened
from lambdas.shared.files.rows import Outgoing
from lambdas.shared.files.text_files import TEXT_FORMATS
from usecases import load

FRAUD = load("fraud")
GIVEN = START + 8 * 86_400
HEADER = "event_id,timestamp,customer_id,terminal_id,fraud,labelled_at"


@dataclass
class FakeBucket:
    """Files, delivered in chunks of a size of the test's choice."""

    files: dict[str, bytes] = field(default_factory=dict)
    chunk: int = 64
    opened: list[int] = field(default_factory=list)
    pulled: int = 0

    def open(self, place: Place, *, offset: int, length: int | None = None) -> Opened:
        self.opened.append(offset)
        if place.key not in self.files:
            raise GoneError(f"{place.key} was deleted")
        data = self.files[place.key][offset:]
        data = data if length is None else data[:length]
        return Opened(GIVEN, self._chunks(data), len(data))

    def _chunks(self, data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), self.chunk):
            self.pulled += 1
            yield data[start : start + self.chunk]


@dataclass
class FakeStream:
    """The labels stream."""

    faults: Faults = field(default_factory=Faults)
    records: list[Outgoing] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)
    clock: FakeClock | None = None

    def put(self, records: Sequence[Outgoing]) -> int:
        fault = self.faults.next()
        if fault == "before":
            raise CrashError
        if fault == "throttle":
            raise RetryableError("slow down")
        self.calls.append(len(records))
        self.records += records
        if self.clock:
            self.clock.now += 1.0
        if fault == "lose":
            raise RetryableError("taken, but the answer was lost")
        if fault == "after":
            raise CrashError
        return 0

    @property
    def labels(self) -> list[dict[str, object]]:
        """Every label that came, in order."""
        return [json.loads(it.data) for it in self.records]


@dataclass
class FakeQueue:
    """Messages that the function sends to itself."""

    faults: Faults = field(default_factory=Faults)
    bodies: list[str] = field(default_factory=list)
    delays: list[int] = field(default_factory=list)

    def send(self, body: str, *, delay_s: int) -> None:
        fault = self.faults.next()
        if fault == "before":
            raise CrashError
        if fault in ("throttle", "lose"):
            raise RetryableError("slow down")
        self.bodies.append(body)
        self.delays.append(delay_s)
        if fault == "after":
            raise CrashError


@dataclass
class World:
    """A wired label inbox and everything around it."""

    bucket: FakeBucket
    stream: FakeStream
    queue: FakeQueue
    store: FakeStore
    clock: FakeClock
    function: FileInbox

    def holds(self, key: str) -> bool:
        """Whether there is such a receipt."""
        return key in self.store.objects

    def put(self, key: str, data: bytes) -> str:
        """Drop a file; returns S3's event about it."""
        self.bucket.files[key] = data
        return created(key)

    def work(self, *bodies: str) -> list[Handled]:
        """Handle messages, and those that come of them, until none is left; a message that fails comes back."""
        handled, waiting = [], list(bodies)
        while waiting:
            assert len(handled) < 2_000, "no progress"
            body = waiting.pop(0)
            try:
                handled.append(take(body, self.function, deadline=1e9))
            except CrashError:
                handled.append(Handled(result="waiting", detail="crash"))
            waiting += self.queue.bodies
            self.queue.bodies.clear()
            if handled[-1].result == "waiting":
                waiting.append(body)
        return handled

    @property
    def receipts(self) -> list[dict[str, object]]:
        """Every receipt."""
        return self.store.rows(self.function.reading.folders.receipts)

    @property
    def refused(self) -> list[dict[str, object]]:
        """Every rejected line."""
        return self.store.rows(self.function.reading.folders.quarantine)


def world(usecase: UseCase = FRAUD, *, faults: Faults | None = None, slice_s: float = 60.0, **limits: int) -> World:
    """A label inbox on fakes that share one plan of faults; each call to the stream takes a second."""
    plan, clock = faults or Faults(), FakeClock()
    bucket, stream, queue, store = FakeBucket(), FakeStream(plan, clock=clock), FakeQueue(plan), FakeStore(plan)
    reading = Reading(
        usecase=usecase,
        inbox=bucket,
        folders=FOLDERS,
        formats=TEXT_FORMATS,
        reader=partial(LabelReader, usecase),
        sink=stream,
        lake=store,
        slice_s=slice_s,
        clock=clock,
        **{"most_bytes": 10**9, "most_ratio": 250, **limits},
    )
    made = World(bucket, stream, queue, store, clock, None)  # type: ignore[arg-type]  # wired in the next line
    made.function = FileInbox(reading=reading, receipts=made, queue=queue)
    return made


def created(key: str, version: str = "v1") -> str:
    """S3's event about a new object, as EventBridge delivers it."""
    detail = {
        "bucket": {"name": "lake"},
        "object": {"key": key, "size": 1, "etag": "e", "sequencer": "0055", "version-id": version},
    }
    return json.dumps({"source": "aws.s3", "detail-type": "Object Created", "detail": detail})


def cells(number: int, *, fraud: object = 1, labelled_at: object = "", at: int = START, terminal: str = "t1") -> str:
    """One line of a CSV file."""
    return f"e{number:06},{at},c{number % 7},{terminal},{fraud},{labelled_at}"


def csv_file(*rows: str, header: str = HEADER) -> bytes:
    """A CSV file."""
    return "\n".join((header, *rows, "")).encode()


def json_file(*rows: dict[str, object]) -> bytes:
    """A JSON-lines file."""
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def packed(data: bytes) -> bytes:
    """The same, packed."""
    return gzip.compress(data, mtime=0)
