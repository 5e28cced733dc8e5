"""Follows one shard for one event source mapping: gathers batches, invokes, checkpoints, delivers what failed."""

import json
import logging
import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from local.clock import clock, iso_timestamp
from local.emulator import metrics, roles, storage
from local.emulator import ministack_kinesis as kinesis
from local.emulator import ministack_lambda as functions
from local.emulator.mapping_event import GivenUp, Source, event_record, failure_document, within_payload
from local.emulator.mapping_retry import Answer, process
from local.emulator.ministack_kinesis import Record
from local.emulator.ministack_mappings import Mapping, keep_matching, report_result

_LONGEST_BACKOFF_S = 1.0
_STAMP_ROUNDING_S = 0.001
_EVENT_BYTES = 5_500_000  # of the 6 MB an invocation may carry, the rest for what surrounds the records
_logger = logging.getLogger(__name__)


class _StoppedError(Exception):
    """The reader stops before the batch is settled; its checkpoint stays where it is."""


@dataclass
class Progress:
    """How far a mapping has come in each shard, by position; survives changes of its settings."""

    positions: dict[str, int] = field(default_factory=dict)


class Arrivals:
    """Wakes readers: when records arrive, and when somebody wants open batching windows to end."""

    def __init__(self) -> None:
        self.condition = threading.Condition()
        self.flushed_at = 0.0

    def wake(self, *, flush: bool = False) -> None:
        """Let every reader look again; with ``flush``, what has arrived by now waits no longer for a fuller batch."""
        with self.condition:
            if flush:
                self.flushed_at = clock.now() + _STAMP_ROUNDING_S
            self.condition.notify_all()


class Reader(threading.Thread):
    """Follows one shard for one mapping; it is the ``Port`` of the batches it works off."""

    def __init__(self, arrivals: Arrivals, mapping: Mapping, shard_id: str, progress: Progress) -> None:
        super().__init__(name=f"mapping-{mapping.function}-{shard_id}", daemon=True)
        self.mapping = mapping
        self.stopping = threading.Event()
        self._arrivals = arrivals
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

    def _next_batch(self) -> tuple[int, list[Record]]:
        """Wait for records, then until the batch is full, its window has passed or somebody flushes."""
        while not self.stopping.is_set():
            stream = kinesis.stream_by_arn(self.mapping.stream_arn)
            if stream is None or self._shard_id not in stream["shards"]:
                return 0, []
            position = self._progress.positions[self._shard_id]
            start, found = kinesis.read(stream, self._shard_id, position, self.mapping.batch_size)
            records = within_payload(found, _EVENT_BYTES)
            left = records[0].arrived_at + self.mapping.window_s - clock.now() if records else 1.0
            full = len(records) == self.mapping.batch_size or len(records) < len(found)
            if records and (full or left <= 0 or records[0].arrived_at <= self._arrivals.flushed_at):
                return start, records
            with self._arrivals.condition:
                if kinesis.end_position(stream, self._shard_id) == start + len(found):
                    self._arrivals.condition.wait(min(left, 0.25))
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
