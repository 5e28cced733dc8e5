"""An event inbox on the fakes of the label inbox, and files of events of every kind."""

import bz2
import io
import json
import lzma
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
from inbox_fakes import FRAUD, FakeBucket, FakeQueue, FakeStream, World
from lambda_fakes import CrashError, FakeClock, FakeStore, Faults
from shard_records import START

from headrace.errors import RetryableError
from headrace.usecase import UseCase
from lambdas.event_inbox.formats import FORMATS
from lambdas.event_inbox.logic import EventReader
from lambdas.event_inbox.settings import FOLDERS
from lambdas.shared.files.batches import Reading
from lambdas.shared.files.inbox import FileInbox
from lambdas.shared.files.places import Place

KEY = "events-inbox/2023/day"
Event = dict[str, Any]


@dataclass
class FakeNotes:
    """Notes about files, with a plan of faults of their own."""

    faults: Faults = field(default_factory=Faults)
    written: dict[str, tuple[Place, int, int]] = field(default_factory=dict)

    def of(self, place: Place) -> "FakeNote":
        return FakeNote(self, place)


class FakeNote:
    """The note about one file; it knows which writing it has read."""

    def __init__(self, notes: FakeNotes, place: Place) -> None:
        self._notes = notes
        told, records, self._tag = notes.written.get(place.digest, (place, 0, 0))
        further = told.line >= place.line
        self.place = replace(told, repeated=told.repeated + records) if further else place

    def begin(self, place: Place, records: int) -> None:
        fault = self._notes.faults.next()
        if fault == "before":
            raise CrashError
        if fault in ("throttle", "lose"):
            raise RetryableError("slow down")
        if self._notes.written.get(place.digest, (place, 0, 0))[2] != self._tag:
            raise RetryableError("another one is at it")
        self._tag += 1
        self._notes.written[place.digest] = (place, records, self._tag)
        if fault == "after":
            raise CrashError


def event_world(
    usecase: UseCase = FRAUD, *, faults: Faults | None = None, slice_s: float = 60.0, **limits: int
) -> World:
    """An event inbox on fakes that share one plan of faults; each call to the stream takes a second."""
    plan, clock = faults or Faults(), FakeClock()
    bucket, stream, queue, store = FakeBucket(), FakeStream(plan, clock=clock), FakeQueue(plan), FakeStore(plan)
    bucket.chunk = 4_096
    reading = Reading(
        usecase=usecase,
        folders=FOLDERS,
        formats=FORMATS,
        reader=partial(EventReader, usecase),
        inbox=bucket,
        sink=stream,
        lake=store,
        notes=FakeNotes(plan).of,
        slice_s=slice_s,
        clock=clock,
        **{"most_bytes": 10**9, "most_ratio": 250, **limits},
    )
    made = World(bucket, stream, queue, store, clock, None)  # type: ignore[arg-type]  # wired in the next line
    made.function = FileInbox(reading=reading, receipts=made, queue=queue)
    return made


def event(number: int, **changed: object) -> Event:
    """One event of the use case ``fraud``."""
    made = {
        "event_id": f"e{number:06}",
        "timestamp": START + number,
        "customer_id": f"c{number % 7}",
        "terminal_id": "t1",
        "amount": number / 4,
    }
    return made | changed


def csv_events(rows: Sequence[Mapping[str, object]]) -> bytes:
    """A CSV file."""
    lines = [",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows), ""]
    return "\n".join(lines).encode()


def json_events(rows: Sequence[Mapping[str, object]]) -> bytes:
    """A file of JSON lines."""
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def parquet_events(rows: Sequence[Mapping[str, object]], schema: pa.Schema | None = None, **options: Any) -> bytes:
    """A file of Parquet."""
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), sink, **options)
    return sink.getvalue()


FIELDS = (("event_id", "string"), ("timestamp", "long"), ("customer_id", "string"), ("terminal_id", "string"),
          ("amount", "double"))  # fmt: skip


def avro_schema(**types: object) -> dict[str, Any]:
    """A schema of events; ``types`` replaces a field's type, adds fields, or with None takes one away."""
    named = {**dict(FIELDS), **types}
    fields = [{"name": name, "type": kind} for name, kind in named.items() if kind is not None]
    return {"type": "record", "name": "Event", "fields": fields}


def avro_events(
    rows: Sequence[Mapping[str, object]], schema: Mapping[str, Any] | None = None, codec: str = "deflate"
) -> bytes:
    """A file of Avro in blocks of a few hundred rows."""
    sink = io.BytesIO()
    fastavro.writer(sink, dict(schema or avro_schema()), list(rows), codec=codec, sync_interval=16_000)
    return sink.getvalue()


def _varint(value: int) -> bytes:
    value, out = (value << 1) ^ (value >> 63), bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def avro_container(schema: bytes, codec: bytes, rows: int, packed: bytes) -> bytes:
    """A container of one block, whatever it says."""
    meta = b"".join(_varint(len(it)) + it for it in (b"avro.schema", schema, b"avro.codec", codec))
    mark = b"m" * 16
    return b"Obj\x01" + _varint(2) + meta + b"\0" + mark + _varint(rows) + _varint(len(packed)) + packed + mark


PACKERS = {
    "deflate": lambda data: zlib.compress(data)[2:-4],
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "snappy": lambda data: pa.Codec("snappy").compress(data, asbytes=True) + zlib.crc32(data).to_bytes(4, "big"),
    "zstandard": lambda data: pa.Codec("zstd").compress(data, asbytes=True),
    "null": lambda data: data,
}
