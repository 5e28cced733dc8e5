"""Kinesis as AWS keeps it: limits, arrival stamps from the clock, expiry, shards that stay readable when closed.

ministack stores the records; this module puts them there, takes expired ones away and lets readers (event source
mappings, delivery streams) follow a shard by position.
"""

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from local.clock import clock
from local.emulator.kinesis_limits import RefusedError, Sequencer, check_record, check_request
from local.emulator.ministack_core import module

_Answer = tuple[int, dict[str, str], bytes]
_Stream = dict[str, Any]
_HASH_KEYS = 2**128

lock = threading.RLock()
"""Held while records are added, expired or read, and while shards change."""

_sequencer = Sequencer()
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
    """Replace the write path, expiry and resharding."""
    kinesis = module("services.kinesis")
    kinesis._next_sequence_number = lambda: _sequencer.next(clock.now())
    kinesis._expire_records = _expire
    kinesis._put_record = _put_record
    kinesis._put_records = _put_records
    kinesis._route_to_shard = _shard_for
    kinesis._split_shard = _split_shard
    kinesis._merge_shards = _merge_shards
    kinesis._update_shard_count = _update_shard_count
    describe = kinesis._shard_out
    kinesis._shard_out = lambda shard_id, shard: _describe_shard(describe(shard_id, shard), shard)
    handlers = module("services.cloudformation.provisioners")._RESOURCE_HANDLERS["AWS::Kinesis::Stream"]
    handlers["update"] = _update_with_shard_count(handlers["update"])


def stream_by_arn(arn: str) -> _Stream | None:
    """The active stream of an ARN, or None."""
    stream: _Stream | None = module("services.kinesis")._streams.get(arn.rpartition("/")[2])
    return stream if stream and stream["StreamARN"] == arn and stream["StreamStatus"] == "ACTIVE" else None


def end_position(stream: _Stream, shard_id: str) -> int:
    """The position after the newest record of a shard."""
    shard = stream["shards"][shard_id]
    return int(shard.get("trimmed", 0) + len(shard["records"]))


def read(stream: _Stream, shard_id: str, position: int, limit: int) -> tuple[int, list[Record]]:
    """Up to ``limit`` records from ``position`` on, and the position of the first (later, if some have expired)."""
    with lock:
        _expire(stream)
        shard = stream["shards"][shard_id]
        trimmed = int(shard.get("trimmed", 0))
        start = max(position, trimmed)
        raw = shard["records"][start - trimmed : start - trimmed + limit]
    return start, [_record(shard_id, item) for item in raw]


def parents(stream: _Stream, shard_id: str) -> list[str]:
    """The closed shards whose keys a shard took over; their records come first."""
    return list(stream["shards"][shard_id].get("parents", []))


def _record(shard_id: str, item: dict[str, Any]) -> Record:
    return Record(
        shard_id, item["SequenceNumber"], item["PartitionKey"], item["Data"], item["ApproximateArrivalTimestamp"]
    )


def _expire(stream: _Stream) -> None:
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


def _shard_for(hash_key: int, stream: _Stream) -> str:
    for shard_id, shard in stream["shards"].items():
        if not shard.get("closed") and _range(shard)[0] <= hash_key <= _range(shard)[1]:
            return str(shard_id)
    raise RefusedError("InvalidArgumentException", f"Invalid ExplicitHashKey: {hash_key}")


def _range(shard: dict[str, Any]) -> tuple[int, int]:
    if "range" not in shard:
        shard["range"] = int(shard["starting_hash_key"]), int(shard["ending_hash_key"])
    low, high = shard["range"]
    return int(low), int(high)


def _append(stream: _Stream, record: dict[str, Any]) -> Record:
    explicit, key = record.get("ExplicitHashKey"), record["PartitionKey"]
    digest = hashlib.md5(key.encode(), usedforsecurity=False).digest()
    shard_id = _shard_for(int(explicit) if explicit else int.from_bytes(digest, "big"), stream)
    now = clock.now()
    item = {
        "SequenceNumber": _sequencer.next(now),
        "ApproximateArrivalTimestamp": round(now, 3),
        "Data": record["Data"],
        "PartitionKey": key,
    }
    stream["shards"][shard_id]["records"].append(item)
    return _record(shard_id, item)


def _store(stream: _Stream, records: Sequence[dict[str, Any]]) -> list[Record]:
    _expire(stream)
    with lock:
        stored = [_append(stream, record) for record in records]
    for listener in _listeners:
        listener(stream["StreamARN"], stored)
    return stored


def _writable(data: dict[str, Any]) -> _Stream:
    name, stream = module("services.kinesis")._resolve_stream(data)
    if not stream:
        account = module("core.responses").get_account_id()
        raise RefusedError("ResourceNotFoundException", f"Stream {name} under account {account} not found.")
    if stream["StreamStatus"] != "ACTIVE":
        raise RefusedError("ResourceInUseException", f"Stream {name} is {stream['StreamStatus']}")
    found: _Stream = stream
    return found


def _answering(operation: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[dict[str, Any]], _Answer]:
    def answer(data: dict[str, Any]) -> _Answer:
        responses = module("core.responses")
        try:
            found: _Answer = responses.json_response(operation(data))
        except RefusedError as refused:
            found = responses.error_response_json(refused.code, str(refused), 400)
        return found

    return answer


@_answering
def _put_record(data: dict[str, Any]) -> dict[str, Any]:
    stream = _writable(data)
    check_record(data)
    stored = _store(stream, [data])[0]
    encryption = stream.get("EncryptionType", "NONE")
    return {"ShardId": stored.shard_id, "SequenceNumber": stored.sequence_number, "EncryptionType": encryption}


@_answering
def _put_records(data: dict[str, Any]) -> dict[str, Any]:
    stream = _writable(data)
    records = data.get("Records") or []
    check_request(records)
    answers = [{"ShardId": r.shard_id, "SequenceNumber": r.sequence_number} for r in _store(stream, records)]
    return {"FailedRecordCount": 0, "Records": answers, "EncryptionType": stream.get("EncryptionType", "NONE")}


def _describe_shard(description: dict[str, Any], shard: dict[str, Any]) -> dict[str, Any]:
    if shard.get("closed"):
        description["SequenceNumberRange"]["EndingSequenceNumber"] = shard["closed"]
    return description


def _replace(stream: _Stream, old_ids: Sequence[str], ranges: Iterator[tuple[int, int]]) -> None:
    """Close shards and open new ones over ``ranges``; the closed ones stay readable until their records expire."""
    kinesis = module("services.kinesis")
    with lock:
        first = kinesis._max_shard_index(stream) + 1
        for shard_id in old_ids:
            stream["shards"][shard_id]["closed"] = _sequencer.next(clock.now())
        for index, (low, high) in enumerate(ranges, first):
            before = [i for i in old_ids if _range(stream["shards"][i])[0] <= high and low <= _range(stream["shards"][i])[1]]
            stream["shards"][f"shardId-{index:012d}"] = {
                "records": [],
                "starting_hash_key": str(low),
                "ending_hash_key": str(high),
                "starting_sequence_number": _sequencer.next(clock.now()),
                "parents": before,
                "parent_shard_id": before[0],
                "adjacent_parent_shard_id": before[1] if len(before) > 1 else None,
            }


def _open_shard(stream: _Stream, shard_id: str) -> dict[str, Any]:
    shard = stream["shards"].get(shard_id)
    if not shard or shard.get("closed"):
        raise RefusedError("ResourceNotFoundException", f"Could not find open shard {shard_id} in {stream['StreamName']}.")
    found: dict[str, Any] = shard
    return found


@_answering
def _split_shard(data: dict[str, Any]) -> dict[str, Any]:
    stream, shard_id = _writable(data), str(data.get("ShardToSplit"))
    low, high = _range(_open_shard(stream, shard_id))
    middle = int(data.get("NewStartingHashKey") or -1)
    if not low < middle <= high:
        raise RefusedError("InvalidArgumentException", f"NewStartingHashKey {middle} is not within the shard's range")
    _replace(stream, [shard_id], iter([(low, middle - 1), (middle, high)]))
    return {}


@_answering
def _merge_shards(data: dict[str, Any]) -> dict[str, Any]:
    stream = _writable(data)
    ids = [str(data.get("ShardToMerge")), str(data.get("AdjacentShardToMerge"))]
    (low, end), (start, high) = sorted(_range(_open_shard(stream, shard_id)) for shard_id in ids)
    if end + 1 != start:
        raise RefusedError("InvalidArgumentException", f"The shards {ids[0]} and {ids[1]} are not adjacent")
    _replace(stream, ids, iter([(low, high)]))
    return {}


@_answering
def _update_shard_count(data: dict[str, Any]) -> dict[str, Any]:
    stream, target = _writable(data), int(data.get("TargetShardCount") or 0)
    current = _reshard(stream, target)
    return {
        "StreamName": stream["StreamName"],
        "CurrentShardCount": current,
        "TargetShardCount": target,
        "StreamARN": stream["StreamARN"],
    }


def _reshard(stream: _Stream, target: int) -> int:
    open_ids = [shard_id for shard_id, shard in stream["shards"].items() if not shard.get("closed")]
    if not len(open_ids) <= 2 * target <= 4 * len(open_ids):
        message = f"UpdateShardCount cannot scale from {len(open_ids)} to {target}: at most double, at least half"
        raise RefusedError("InvalidArgumentException", message)
    step = _HASH_KEYS // target
    ranges = ((i * step, _HASH_KEYS - 1 if i == target - 1 else (i + 1) * step - 1) for i in range(target))
    if target != len(open_ids):
        _replace(stream, open_ids, ranges)
    return len(open_ids)


def _update_with_shard_count(update: Callable[..., Any]) -> Callable[..., Any]:
    """CloudFormation's update, which leaves the shards as they are, and then the shard count it asks for."""

    def updated(physical_id: str, old: dict[str, Any], new: dict[str, Any], stack_name: str) -> Any:
        answer = update(physical_id, old, new, stack_name)
        if answer[0] == physical_id and new.get("ShardCount") not in (None, old.get("ShardCount")):
            _reshard(module("services.kinesis")._streams[physical_id], int(new["ShardCount"]))
        return answer

    return updated
