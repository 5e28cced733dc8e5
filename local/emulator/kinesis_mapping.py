"""Runs Kinesis event source mappings: shards concurrently, one batch in flight per shard, checkpointed.

A supervisor thread gives every shard of every enabled mapping a reader thread. A parallelisation factor above 1 is
run as 1: order per partition key holds, throughput is that of one lane per shard.
"""

import json
import logging
import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from local.clock import clock, iso_timestamp
from local.emulator import idle, lifecycle, metrics, roles, storage
from local.emulator import ministack_kinesis as kinesis
from local.emulator import ministack_lambda as functions
from local.emulator.mapping_event import GivenUp, Source, event_record, failure_document, within_payload
from local.emulator.mapping_retry import Answer, process
from local.emulator.ministack_kinesis import Record
from local.emulator.ministack_mappings import Mapping, enabled_mappings, install, keep_matching, report_result

_SUPERVISION_PERIOD_S = 0.25
_LONGEST_BACKOFF_S = 1.0
_EVENT_BYTES = 5_500_000  # of the 6 MB an invocation may carry, the rest for what surrounds the records
_logger = logging.getLogger(__name__)


class _StoppedError(Exception):
    """The reader stops before the batch is settled; its checkpoint stays where it is."""


@dataclass
class _Progress:
    """How far a mapping has come in each shard, by position; survives changes of its settings."""

    positions: dict[str, int] = field(default_factory=dict)


class Mappings:
    """All running Kinesis mappings of the process."""

    def __init__(self) -> None:
        self._progress: dict[str, _Progress] = {}
        self._readers: dict[tuple[str, str], _Reader] = {}
        self._stopping = threading.Event()
        self.arrived = threading.Condition()
        self.flushes = 0

    def start(self) -> None:
        """Take over from ministack's poller and run until the emulator stops."""
        install(self._anchor)
        kinesis.on_records(lambda _arn, _records: self._wake())
        idle.register("event_source_mappings", self.report)
        lifecycle.on_stop(self._stop)
        threading.Thread(target=self._supervise, name="mappings", daemon=True).start()

    def flush(self) -> None:
        """Let every open batching window end now."""
        self.flushes += 1
        self._wake()

    def report(self) -> dict[str, Any]:
        """Per mapping and shard: records not yet processed and the age of the oldest, for GET /_headrace/idle."""
        shards = [reader.report() for reader in list(self._readers.values())]
        return {"pending": sum(shard["lag"] for shard in shards), "shards": shards}

    def _wake(self) -> None:
        with self.arrived:
            self.arrived.notify_all()

    def _stop(self) -> None:
        self._stopping.set()
        for reader in self._readers.values():
            reader.stopping.set()
        self._wake()

    def _anchor(self, mapping: str, stream_arn: str, starting: str) -> None:
        if starting not in ("TRIM_HORIZON", "LATEST"):
            raise ValueError(f"StartingPosition {starting} is not supported locally: use TRIM_HORIZON or LATEST")
        stream = kinesis.stream_by_arn(stream_arn)
        shards = stream["shards"] if stream else {}
        ends = {i: 0 if starting == "TRIM_HORIZON" else kinesis.end_position(stream or {}, i) for i in shards}
        self._progress[mapping] = _Progress(ends)

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
                self._wake()
            if not reader.is_alive():
                del self._readers[key]
        for mapping in wanted.values():
            stream = kinesis.stream_by_arn(mapping.stream_arn)
            progress = self._progress.setdefault(mapping.uuid, _Progress())
            for shard_id in list(stream["shards"]) if stream else ():
                key = (mapping.uuid, shard_id)
                if stream and key not in self._readers and _parents_done(stream, shard_id, progress):
                    progress.positions.setdefault(shard_id, 0)
                    self._readers[key] = _Reader(self, mapping, shard_id, progress)
                    self._readers[key].start()


def _parents_done(stream: dict[str, Any], shard_id: str, progress: _Progress) -> bool:
    return all(
        parent not in progress.positions or progress.positions[parent] >= kinesis.end_position(stream, parent)
        for parent in kinesis.parents(stream, shard_id)
    )


class _Reader(threading.Thread):
    """Follows one shard for one mapping; it is the ``Port`` of the batches it works off."""

    def __init__(self, mappings: Mappings, mapping: Mapping, shard_id: str, progress: _Progress) -> None:
        super().__init__(name=f"mapping-{mapping.function}-{shard_id}", daemon=True)
        self.mapping = mapping
        self.stopping = threading.Event()
        self._mappings = mappings
        self._shard_id = shard_id
        self._progress = progress
        self._source = Source(
            stream_arn=mapping.stream_arn, role_arn=mapping.role_arn, function_arn=mapping.function_arn
        )
        self._batch: dict[str, int] = {}

    def run(self) -> None:
        while not self.stopping.is_set():
            try:
                roles.require(self.mapping.role_arn, "kinesis:GetRecords", self.mapping.stream_arn)
                start, records = self._next_batch()
                self._batch = {record.sequence_number: start + i for i, record in enumerate(records)}
                if records:
                    process(records, self.mapping.policy, self)
            except roles.DeniedError as denied:
                report_result(self.mapping.uuid, f"PROBLEM: {denied}")
                self.stopping.wait(_LONGEST_BACKOFF_S)
            except _StoppedError:
                return
            except Exception:  # the shard is tried again from its checkpoint
                _logger.exception("%s", self.name)
                self.stopping.wait(_LONGEST_BACKOFF_S)

    def report(self) -> dict[str, Any]:
        """Lag of this shard."""
        stream = kinesis.stream_by_arn(self.mapping.stream_arn)
        lag, age_s = 0, 0.0
        if stream and self._shard_id in stream["shards"]:
            position = self._progress.positions[self._shard_id]
            lag = kinesis.end_position(stream, self._shard_id) - position
            oldest = kinesis.read(stream, self._shard_id, position, 1)[1] if lag else []
            age_s = clock.now() - oldest[0].arrived_at if oldest else 0.0
        return {"function": self.mapping.function, "shard_id": self._shard_id, "lag": lag, "iterator_age_s": age_s}

    def _next_batch(self) -> tuple[int, list[Record]]:
        """Wait for records, then until the batch is full, its window has passed or somebody flushes."""
        flushes = self._mappings.flushes
        while not self.stopping.is_set():
            stream = kinesis.stream_by_arn(self.mapping.stream_arn)
            if stream is None or self._shard_id not in stream["shards"]:
                return 0, []
            position = self._progress.positions[self._shard_id]
            start, found = kinesis.read(stream, self._shard_id, position, self.mapping.batch_size)
            records = within_payload(found, _EVENT_BYTES)
            left = records[0].arrived_at + self.mapping.window_s - clock.now() if records else 1.0
            full = len(records) == self.mapping.batch_size or len(records) < len(found)
            if records and (full or left <= 0 or flushes != self._mappings.flushes):
                return start, records
            with self._mappings.arrived:
                if kinesis.end_position(stream, self._shard_id) == start + len(found):
                    self._mappings.arrived.wait(min(left, 0.25))
        return 0, []

    # The port of a batch.

    def invoke(self, records: Sequence[Record]) -> Answer:
        """Invoke the function with what the filter lets through."""
        event_records = [event_record(record, self._source) for record in records]
        if self.mapping.filtered:
            event_records = keep_matching(self.mapping.uuid, event_records)
        if not event_records:
            return Answer()
        age_ms = max(0.0, (clock.now() - records[-1].arrived_at) * 1000)
        metrics.put("AWS/Lambda", "IteratorAge", age_ms, "Milliseconds", {"FunctionName": self.mapping.function})
        done = functions.invoke(self.mapping.function_arn, {"Records": event_records})
        report_result(self.mapping.uuid, "PROBLEM: Function call failed" if done.error else "OK")
        return Answer(payload=done.payload, error=done.error, request_id=str(uuid.uuid4()), version=done.version)

    def give_up(self, given_up: GivenUp) -> None:
        """Send the batch's document to the on-failure destination, again and again until it takes it."""
        document, destination = failure_document(given_up, self._source, clock.now()), self.mapping.destination
        attempt = 0
        while destination:
            attempt += 1
            try:
                self._deliver(document, destination, given_up.records)
                return
            except (storage.StorageError, roles.DeniedError) as exc:
                _logger.warning("on-failure destination %s: %s", destination, exc)
                if not self.wait(attempt):
                    raise _StoppedError from exc

    def _deliver(self, document: dict[str, Any], destination: str, records: Sequence[Record]) -> None:
        role = self.mapping.role_arn
        if ":sqs:" in destination:
            roles.require(role, "sqs:SendMessage", destination)
            storage.send_message(destination, json.dumps(document))
        elif ":sns:" in destination:
            roles.require(role, "sns:Publish", destination)
            storage.publish(destination, json.dumps(document), "AWS Lambda")
        else:
            event = {"Records": [event_record(record, self._source) for record in records]}
            at = iso_timestamp(clock.now())
            key = f"aws/lambda/{self.mapping.uuid}/{self._shard_id}/{at[:10].replace('-', '/')}/"
            key += f"{at[:19].replace(':', '.')}-{uuid.uuid4()}"
            roles.require(role, "s3:PutObject", f"{destination}/{key}")
            body = json.dumps({**document, "payload": json.dumps(event)}).encode()
            storage.put_object(destination.rpartition(":")[2], key, body, content_type="application/json")

    def done(self, record: Record) -> None:
        """Move the checkpoint behind the record."""
        self._progress.positions[self._shard_id] = self._batch[record.sequence_number] + 1

    def wait(self, attempt: int) -> bool:
        """Back off; false when the reader stops."""
        return not self.stopping.wait(min(0.05 * 2 ** min(attempt, 6), _LONGEST_BACKOFF_S))

    def now(self) -> float:
        """Epoch seconds of the clock."""
        return clock.now()


mappings = Mappings()
"""The Kinesis mappings of this process."""
