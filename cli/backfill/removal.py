"""Take back what a backfill wrote: for a history that was mapped wrongly, before the stream begins.

The checkpoint goes last, so a removal that was stopped goes on when it is asked for again.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

from cli.backfill.checkpoint import FOLDER, Checkpoint, every
from cli.backfill.lake import SHARD
from cli.backfill.snapshots import group_names
from cli.backfill.states import BATCH_LIMIT, require_no_stream, send, written_by_backfill
from cli.deployment import Deployment
from cli.plan import Report
from headrace.schema import format_timestamp
from pipelines.training_set.bucket import Bucket

WRITERS = 8
ITEMS = 40 * BATCH_LIMIT


def remove_others(deployment: Deployment, digest: str, report: Report) -> int:
    """Remove every backfill of a stage but the one of this history; returns how many there were.

    Raises:
        StreamStartedError: if the stream has begun.
        RetryableError: if a store keeps refusing.
    """
    store = Bucket(deployment.bucket, deployment.s3)
    others = [it for it in every(store) if it.digest != digest]
    if not others:
        return 0
    require_no_stream(deployment)
    for ending in (f"events/*/{SHARD}.parquet", f"labels/*/{SHARD}.jsonl"):
        folder, _, name = ending.partition("*")
        report(0, 0, f"removing {folder}")
        keys = [it.key for it in store.objects(folder) if it.key.endswith(name)]
        _each(keys, store.delete)
    _remove_states(deployment, others, report)
    for it in others:
        report(0, 0, f"removing training set backfill-{it.digest}")
        _each([one.key for one in store.objects(f"training/backfill-{it.digest}/")], store.delete)
        store.delete(f"{FOLDER}{it.digest}.json")
    return len(others)


def _remove_states(deployment: Deployment, others: list[Checkpoint], report: Report) -> None:
    """State items, each entity's online record before its item: from the items it is known which records there are."""
    groups, removed = group_names(deployment), 0
    moment = format_timestamp(max(it.at for it in others) - 1)

    def forget(entity_id: str) -> None:
        entity, _, key = entity_id.partition("#")
        if entity in groups:
            deployment.feature_store.delete_record(
                FeatureGroupName=groups[entity],
                RecordIdentifierValueAsString=key,
                EventTime=moment,
                DeletionMode="HardDelete",
            )

    for items in _chunks(written_by_backfill(deployment)):
        _each(sorted({item["entity"]["S"] for item in items}) if groups else [], forget)
        requests = [{"DeleteRequest": {"Key": item}} for item in items]
        batches = [requests[start : start + BATCH_LIMIT] for start in range(0, len(requests), BATCH_LIMIT)]
        send(deployment.dynamodb, deployment.state_table, batches)
        removed += len(items)
        report(removed, 0, f"removing window state: {removed:,} items")


def _chunks(items: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while chunk := list(islice(items, ITEMS)):
        yield chunk


def _each(names: list[str], act: Callable[[str], None]) -> None:
    with ThreadPoolExecutor(WRITERS) as pool:
        for _ in pool.map(act, names):
            pass
