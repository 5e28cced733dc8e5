"""Runs Kinesis event source mappings: shards concurrently, one batch in flight per shard, checkpointed.

A supervisor thread gives every shard of every enabled mapping a reader thread. A parallelisation factor above 1 is
run as 1: order per partition key holds, throughput is that of one lane per shard.
"""

import logging
import threading
from collections.abc import Iterator
from typing import Any

from local.clock import clock
from local.emulator import idle, lifecycle
from local.emulator import ministack_kinesis as kinesis
from local.emulator.mapping_reader import Arrivals, Progress, Reader
from local.emulator.ministack_mappings import Mapping, enabled_mappings, install

_SUPERVISION_PERIOD_S = 0.25
_logger = logging.getLogger(__name__)


class Mappings:
    """All running Kinesis mappings of the process."""

    def __init__(self) -> None:
        self._progress: dict[str, Progress] = {}
        self._readers: dict[tuple[str, str], Reader] = {}
        self._stopping = threading.Event()
        self._arrivals = Arrivals()

    def start(self) -> None:
        """Take over from ministack's poller and run until the emulator stops."""
        install(self._anchor)
        kinesis.on_records(lambda _arn, _records: self._arrivals.wake())
        idle.register("event_source_mappings", self.report)
        lifecycle.on_stop(self._stop)
        threading.Thread(target=self._supervise, name="mappings", daemon=True).start()

    def flush(self) -> None:
        """Let every open batching window end now."""
        self._arrivals.wake(flush=True)

    def report(self) -> dict[str, Any]:
        """Per mapping and shard: records not yet processed and the age of the oldest, for GET /_headrace/idle."""
        shards = [shard for mapping in enabled_mappings() for shard in self._lags(mapping)]
        return {"pending": sum(shard["lag"] for shard in shards), "shards": shards}

    def _lags(self, mapping: Mapping) -> Iterator[dict[str, Any]]:
        stream = kinesis.stream_by_arn(mapping.stream_arn)
        positions = self._progress.get(mapping.uuid, Progress()).positions
        for shard_id in list(stream["shards"]) if stream else ():
            position = positions.get(shard_id, 0)
            start, oldest = kinesis.read(stream or {}, shard_id, position, 1)  # later than position if some expired
            lag = kinesis.end_position(stream or {}, shard_id) - start
            age_s = clock.now() - oldest[0].arrived_at if oldest else 0.0
            yield {"function": mapping.function, "shard_id": shard_id, "lag": lag, "iterator_age_s": age_s}

    def _stop(self) -> None:
        self._stopping.set()
        for reader in self._readers.values():
            reader.stopping.set()
        self._arrivals.wake()

    def _anchor(self, mapping: str, stream_arn: str, starting: str) -> None:
        if starting not in ("TRIM_HORIZON", "LATEST"):
            raise ValueError(f"StartingPosition {starting} is not supported locally: use TRIM_HORIZON or LATEST")
        stream = kinesis.stream_by_arn(stream_arn)
        shards = stream["shards"] if stream else {}
        ends = {i: 0 if starting == "TRIM_HORIZON" else kinesis.end_position(stream or {}, i) for i in shards}
        self._progress[mapping] = Progress(ends)

    def _supervise(self) -> None:
        while not self._stopping.wait(_SUPERVISION_PERIOD_S):
            try:
                self._assign()
            except Exception:  # the supervisor must outlive a mapping it cannot read
                _logger.exception("event source mappings")

    def _assign(self) -> None:
        wanted = {mapping.uuid: mapping for mapping in enabled_mappings()}
        for key, reader in list(self._readers.items()):
            if wanted.get(key[0]) != reader.mapping:
                reader.stopping.set()
                self._arrivals.wake()
            if not reader.is_alive():
                del self._readers[key]
        for mapping in wanted.values():
            stream = kinesis.stream_by_arn(mapping.stream_arn)
            progress = self._progress.setdefault(mapping.uuid, Progress())
            for shard_id in list(stream["shards"]) if stream else ():
                key = (mapping.uuid, shard_id)
                if stream and key not in self._readers and _parents_done(stream, shard_id, progress):
                    progress.positions.setdefault(shard_id, 0)
                    self._readers[key] = Reader(self._arrivals, mapping, shard_id, progress)
                    self._readers[key].start()


def _parents_done(stream: dict[str, Any], shard_id: str, progress: Progress) -> bool:
    return all(
        parent not in progress.positions or progress.positions[parent] >= kinesis.end_position(stream, parent)
        for parent in kinesis.parents(stream, shard_id)
    )


mappings = Mappings()
"""The Kinesis mappings of this process."""
