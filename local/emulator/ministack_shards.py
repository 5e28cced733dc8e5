"""Resharding as AWS does it: closed shards stay readable, children know their parents, no record is lost.

ministack drops a split or merged shard with everything in it.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from local.clock import clock
from local.emulator.kinesis_limits import RefusedError
from local.emulator.ministack_core import module
from local.emulator.ministack_kinesis import Stream, answering, hash_range, lock, sequencer, writable

_HASH_KEYS = 2**128


def install() -> None:
    """Replace resharding, also for a stack that changes its shard count."""
    kinesis = module("services.kinesis")
    kinesis._split_shard = _split_shard
    kinesis._merge_shards = _merge_shards
    kinesis._update_shard_count = _update_shard_count
    describe = kinesis._shard_out
    kinesis._shard_out = lambda shard_id, shard: _describe_shard(describe(shard_id, shard), shard)
    handlers = module("services.cloudformation.provisioners")._RESOURCE_HANDLERS["AWS::Kinesis::Stream"]
    handlers["update"] = _update_with_shard_count(handlers["update"])


def _describe_shard(description: dict[str, Any], shard: dict[str, Any]) -> dict[str, Any]:
    if shard.get("closed"):
        description["SequenceNumberRange"]["EndingSequenceNumber"] = shard["closed"]
    return description


def _replace(stream: Stream, old_ids: Sequence[str], ranges: Iterator[tuple[int, int]]) -> None:
    """Close shards and open new ones over ``ranges``; the closed ones stay readable until their records expire."""
    kinesis = module("services.kinesis")
    with lock:
        first = kinesis._max_shard_index(stream) + 1
        for shard_id in old_ids:
            stream["shards"][shard_id]["closed"] = sequencer.next(clock.now())
        for index, (low, high) in enumerate(ranges, first):
            before = [shard_id for shard_id in old_ids if _overlap(stream["shards"][shard_id], low, high)]
            stream["shards"][f"shardId-{index:012d}"] = {
                "records": [],
                "starting_hash_key": str(low),
                "ending_hash_key": str(high),
                "starting_sequence_number": sequencer.next(clock.now()),
                "parents": before,
                "parent_shard_id": before[0],
                "adjacent_parent_shard_id": before[1] if len(before) > 1 else None,
            }


def _overlap(shard: dict[str, Any], low: int, high: int) -> bool:
    first, last = hash_range(shard)
    return first <= high and low <= last


def _open_shard(stream: Stream, shard_id: str) -> dict[str, Any]:
    shard = stream["shards"].get(shard_id)
    if not shard or shard.get("closed"):
        message = f"Could not find open shard {shard_id} in stream {stream['StreamName']}."
        raise RefusedError("ResourceNotFoundException", message)
    found: dict[str, Any] = shard
    return found


@answering
def _split_shard(data: dict[str, Any]) -> dict[str, Any]:
    stream, shard_id = writable(data), str(data.get("ShardToSplit"))
    low, high = hash_range(_open_shard(stream, shard_id))
    middle = int(data.get("NewStartingHashKey") or -1)
    if not low < middle <= high:
        raise RefusedError("InvalidArgumentException", f"NewStartingHashKey {middle} is not within the shard's range")
    _replace(stream, [shard_id], iter([(low, middle - 1), (middle, high)]))
    return {}


@answering
def _merge_shards(data: dict[str, Any]) -> dict[str, Any]:
    stream = writable(data)
    ids = [str(data.get("ShardToMerge")), str(data.get("AdjacentShardToMerge"))]
    (low, end), (start, high) = sorted(hash_range(_open_shard(stream, shard_id)) for shard_id in ids)
    if end + 1 != start:
        raise RefusedError("InvalidArgumentException", f"The shards {ids[0]} and {ids[1]} are not adjacent")
    _replace(stream, ids, iter([(low, high)]))
    return {}


@answering
def _update_shard_count(data: dict[str, Any]) -> dict[str, Any]:
    stream, target = writable(data), int(data.get("TargetShardCount") or 0)
    current = _reshard(stream, target)
    return {
        "StreamName": stream["StreamName"],
        "CurrentShardCount": current,
        "TargetShardCount": target,
        "StreamARN": stream["StreamARN"],
    }


def _reshard(stream: Stream, target: int) -> int:
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
