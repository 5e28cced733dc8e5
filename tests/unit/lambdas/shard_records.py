"""Records of a shard, valid events and labels, and the mapping that feeds a shard to a function as Lambda does."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence

from lambda_fakes import CrashError

from lambdas.shared.stream import Outcome, Record

SHARD = "shardId-000000000000"
START = 1_700_000_000
FIRST_SEQUENCE = 49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_898


def record(
    position: int, body: bytes | Mapping[str, object], *, shard: str = SHARD, arrived_at: float = START
) -> Record:
    """The record at a position of the shard."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Record(shard, str(FIRST_SEQUENCE + position), arrived_at, data)


def event(
    number: int, *, at: int = START, customer: str = "c1", terminal: str = "t1", amount: float = 10.0
) -> dict[str, object]:
    """A valid transaction."""
    keys = {"customer_id": customer, "terminal_id": terminal}
    return {"event_id": f"e{number:06}", "timestamp": at, **keys, "amount": amount}


def label(
    number: int,
    *,
    at: int = START,
    customer: str = "c1",
    terminal: str = "t1",
    fraud: object = 1,
    labelled_at: int | None = None,
) -> dict[str, object]:
    """A valid label."""
    return {
        "event_id": f"e{number:06}",
        "timestamp": at,
        "customer_id": customer,
        "terminal_id": terminal,
        "fraud": fraud,
        "labelled_at": labelled_at or at + 7 * 86_400,
    }


def event_source_mapping(
    records: Sequence[Record], invoke: Callable[[Sequence[Record]], Outcome], *, batch: int, splits: Iterator[bool]
) -> int:
    """Feed a shard to a function as Lambda does: partial responses, retries of crashes, sometimes bisected.

    Args:
        records: the shard.
        invoke: the function.
        batch: the most records per invocation.
        splits: whether the next failed batch is bisected.

    Returns:
        How often the function was invoked.
    """
    position, invocations = 0, 0
    limit = batch
    while position < len(records):
        chunk = records[position : position + limit]
        invocations += 1
        assert invocations < 2_000, "no progress"
        try:
            failures = invoke(chunk).response(chunk)["batchItemFailures"]
        except CrashError:
            limit = max(1, len(chunk) // 2) if next(splits, False) else batch
            continue
        limit = batch
        if not failures:
            position += len(chunk)
            continue
        numbers = [it.sequence_number for it in chunk]
        position += numbers.index(failures[0]["itemIdentifier"])
    return invocations
