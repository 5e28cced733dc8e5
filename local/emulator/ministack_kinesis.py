"""Kinesis as AWS keeps it: limits, arrival stamps from the clock, expiry, shards that stay readable when closed.

ministack stores the records; this module puts them there, takes expired ones away and lets readers (event source
mappings, delivery streams) follow a shard by position.
"""

import hashlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from local.clock import clock
from local.emulator.kinesis_limits import RefusedError, Sequencer, check_record, check_request
from local.emulator.ministack_core import module

Answer = tuple[int, dict[str, str], bytes]
Stream = dict[str, Any]

lock = threading.RLock()
"""Held while records are added, expired or read, and while shards change."""

sequencer = Sequencer()
_listeners: list[Callable[[str, Sequence["Record"]], None]] = []


@dataclass(frozen=True, slots=True)
class Record:
    """One record in a shard; ``data`` is base64, ``arrived_at`` epoch seconds."""

    shard_id: str
    sequence_number: str
    partition_key: str
    data: str
    arrived_at: float


def on_records(listener: Callable[[str, Sequence[Record]], None]) -> None:
    """Call ``listener(stream ARN, records)`` on the serving loop whenever records arrive. It must not block."""
    _listeners.append(listener)


def install() -> None:
    """Replace the write path and expiry."""
    kinesis = module("services.kinesis")
    kinesis._next_sequence_number = lambda: sequencer.next(clock.now())
    kinesis._expire_records = _expire
    kinesis._put_record = _put_record
    kinesis._put_records = _put_records
    kinesis._route_to_shard = _shard_for


def stream_by_arn(arn: str) -> Stream | None:
    """The active stream of an ARN, or None."""
    stream: Stream | None = module("services.kinesis")._streams.get(arn.rpartition("/")[2])
    return stream if stream and stream["StreamARN"] == arn and stream["StreamStatus"] == "ACTIVE" else None


def end_position(stream: Stream, shard_id: str) -> int:
    """The position after the newest record of a shard."""
    shard = stream["shards"][shard_id]
    return int(shard.get("trimmed", 0) + len(shard["records"]))


def read(stream: Stream, shard_id: str, position: int, limit: int) -> tuple[int, list[Record]]:
    """Up to ``limit`` records from ``position`` on, and the position of the first (later, if some have expired)."""
    with lock:
        _expire(stream)
        shard = stream["shards"][shard_id]
        trimmed = int(shard.get("trimmed", 0))
        start = max(position, trimmed)
        raw = shard["records"][start - trimmed : start - trimmed + limit]
    return start, [_record(shard_id, item) for item in raw]


def parents(stream: Stream, shard_id: str) -> list[str]:
    """The closed shards whose keys a shard took over; their records come first."""
    return list(stream["shards"][shard_id].get("parents", []))


def _record(shard_id: str, item: dict[str, Any]) -> Record:
    return Record(
        shard_id, item["SequenceNumber"], item["PartitionKey"], item["Data"], item["ApproximateArrivalTimestamp"]
    )


def _expire(stream: Stream) -> None:
    """Drop what is older than the retention. Records are in arrival order, so only the oldest need a look."""
    oldest = clock.now() - stream["RetentionPeriodHours"] * 3600
    with lock:
        for shard in stream["shards"].values():
            records = shard["records"]
            if not records or records[0]["ApproximateArrivalTimestamp"] >= oldest:
                continue
            expired = next(
                (i for i, item in enumerate(records) if item["ApproximateArrivalTimestamp"] >= oldest), len(records)
            )
            shard["trimmed"] = shard.get("trimmed", 0) + expired
            shard["records"] = records[expired:]


def _shard_for(hash_key: int, stream: Stream) -> str:
    for shard_id, shard in stream["shards"].items():
        if not shard.get("closed") and hash_range(shard)[0] <= hash_key <= hash_range(shard)[1]:
            return str(shard_id)
    raise RefusedError("InvalidArgumentException", f"Invalid ExplicitHashKey: {hash_key}")


def hash_range(shard: dict[str, Any]) -> tuple[int, int]:
    """The first and the last hash key of a shard."""
    if "range" not in shard:
        shard["range"] = int(shard["starting_hash_key"]), int(shard["ending_hash_key"])
    low, high = shard["range"]
    return int(low), int(high)


def _append(stream: Stream, record: dict[str, Any]) -> Record:
    explicit, key = record.get("ExplicitHashKey"), record["PartitionKey"]
    digest = hashlib.md5(key.encode(), usedforsecurity=False).digest()
    shard_id = _shard_for(int(explicit) if explicit else int.from_bytes(digest, "big"), stream)
    now = clock.now()
    item = {
        "SequenceNumber": sequencer.next(now),
        "ApproximateArrivalTimestamp": round(now, 3),
        "Data": record["Data"],
        "PartitionKey": key,
    }
    stream["shards"][shard_id]["records"].append(item)
    return _record(shard_id, item)


def _store(stream: Stream, records: Sequence[dict[str, Any]]) -> list[Record]:
    _expire(stream)
    with lock:
        stored = [_append(stream, record) for record in records]
    for listener in _listeners:
        listener(stream["StreamARN"], stored)
    return stored


def writable(data: dict[str, Any]) -> Stream:
    """The stream that a request names; refused unless it exists and is active."""
    name, stream = module("services.kinesis")._resolve_stream(data)
    if not stream:
        account = module("core.responses").get_account_id()
        raise RefusedError("ResourceNotFoundException", f"Stream {name} under account {account} not found.")
    if stream["StreamStatus"] != "ACTIVE":
        raise RefusedError("ResourceInUseException", f"Stream {name} is {stream['StreamStatus']}")
    found: Stream = stream
    return found


def answering(operation: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[dict[str, Any]], Answer]:
    """An operation as ministack calls it: refusals become AWS errors."""

    def answer(data: dict[str, Any]) -> Answer:
        responses = module("core.responses")
        try:
            found: Answer = responses.json_response(operation(data))
        except RefusedError as refused:
            found = responses.error_response_json(refused.code, str(refused), 400)
        return found

    return answer


@answering
def _put_record(data: dict[str, Any]) -> dict[str, Any]:
    stream = writable(data)
    check_record(data)
    stored = _store(stream, [data])[0]
    encryption = stream.get("EncryptionType", "NONE")
    return {"ShardId": stored.shard_id, "SequenceNumber": stored.sequence_number, "EncryptionType": encryption}


@answering
def _put_records(data: dict[str, Any]) -> dict[str, Any]:
    stream = writable(data)
    records = data.get("Records") or []
    check_request(records)
    answers = [{"ShardId": r.shard_id, "SequenceNumber": r.sequence_number} for r in _store(stream, records)]
    return {"FailedRecordCount": 0, "Records": answers, "EncryptionType": stream.get("EncryptionType", "NONE")}
