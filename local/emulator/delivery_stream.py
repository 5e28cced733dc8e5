"""A Firehose delivery stream: buffers by size and time, transforms in chunks, converts, writes objects, loses nothing.

Two buffers, as in the service: records wait for a transform call, and what it returns waits for an object. Both close
by size or by age on the injected clock. A write that fails is tried again under the same key until it succeeds.
"""

import logging
import threading
import uuid
from collections import deque
from collections.abc import Sequence
from typing import Any

from local.clock import clock
from local.emulator import metrics, roles, storage
from local.emulator import ministack_lambda as functions
from local.emulator.delivery_objects import Destination, Transform, objects
from local.emulator.delivery_transform import Failure, InvocationError, Item, transform

_CHUNK_RECORDS = 500
_POLL_S = 0.25
_LONGEST_BACKOFF_S = 2.0
_logger = logging.getLogger(__name__)


class DeliveryStream(threading.Thread):
    """One running delivery stream."""

    def __init__(self, destination: Destination) -> None:
        super().__init__(name=f"firehose-{destination.name}", daemon=True)
        self.destination = destination
        self.stopping = threading.Event()
        self._changed = threading.Condition()
        self._raw: deque[Item] = deque()
        self._raw_bytes = 0
        self._ready: list[Item] = []
        self._ready_bytes = 0
        self._failures: list[Failure] = []
        self._busy = 0
        self._flush_wanted = self._flush_done = 0

    def add(self, items: Sequence[Item]) -> None:
        """Take records in. Never blocks for longer than a lock."""
        with self._changed:
            self._raw.extend(items)
            self._raw_bytes += sum(len(item.data) for item in items)
            self._changed.notify_all()

    def flush(self, timeout_s: float) -> bool:
        """Deliver everything taken in so far now; false when that did not succeed within ``timeout_s``."""
        with self._changed:
            self._flush_wanted += 1
            wanted = self._flush_wanted
            self._changed.notify_all()
            return self._changed.wait_for(lambda: self._flush_done >= wanted, timeout_s)

    def report(self) -> dict[str, Any]:
        """How many records are in the stream and not yet in an object."""
        return {"name": self.destination.name, "buffered": self._pending()}

    def run(self) -> None:
        while not self.stopping.is_set():
            with self._changed:
                if not self._due():
                    self._changed.wait(_POLL_S)
                flushing = self._flush_wanted
            try:
                self._step(flushing)
            except roles.DeniedError as denied:  # records stay in the buffer; the grant may come
                _logger.warning("delivery stream %s: %s", self.destination.name, denied)
                self.stopping.wait(_LONGEST_BACKOFF_S)
            except Exception:  # records stay in the buffer; try again
                _logger.exception("delivery stream %s", self.destination.name)
                self.stopping.wait(_LONGEST_BACKOFF_S)

    def _pending(self) -> int:
        return len(self._raw) + len(self._ready) + len(self._failures) + self._busy

    def _due(self) -> bool:
        return self._flush_wanted > self._flush_done or self._chunk_due() or self._object_due()

    def _chunk_due(self) -> bool:
        step, raw = self.destination.transform, self._raw
        if not raw or step is None:
            return bool(raw)
        full = len(raw) >= _CHUNK_RECORDS or self._raw_bytes >= step.size_bytes
        return full or clock.now() - raw[0].arrived_at >= min(step.interval_s, self.destination.interval_s)

    def _object_due(self) -> bool:
        held = [*self._ready[:1], *(failure.item for failure in self._failures[:1])]
        full = self._ready_bytes >= self.destination.size_bytes
        oldest = min((item.arrived_at for item in held), default=0.0)
        return bool(held) and (full or clock.now() - oldest >= self.destination.interval_s)

    def _step(self, flushing: int) -> None:
        flush = flushing > self._flush_done
        while (self._raw and flush) or self._chunk_due():
            self._transform_chunk()
        if flush or self._object_due():
            self._deliver()
        if flush:
            with self._changed:
                self._flush_done = flushing
                self._changed.notify_all()

    def _transform_chunk(self) -> None:
        if source := self.destination.source_arn:
            roles.require(self.destination.source_role_arn, "kinesis:GetRecords", source, "firehose")
        with self._changed:
            chunk = self._take_chunk()
        step = self.destination.transform
        delivered, failures = (chunk, []) if step is None else self._transform(chunk, step)
        with self._changed:
            self._ready += delivered
            self._ready_bytes += sum(len(item.data) for item in delivered)
            self._failures += failures
            self._busy = 0

    def _take_chunk(self) -> list[Item]:
        limit = self.destination.transform.size_bytes if self.destination.transform else self.destination.size_bytes
        chunk: list[Item] = []
        size = 0
        while self._raw and len(chunk) < _CHUNK_RECORDS and (not chunk or size + len(self._raw[0].data) <= limit):
            chunk.append(self._raw.popleft())
            size += len(chunk[-1].data)
        self._raw_bytes -= size
        self._busy = len(chunk)
        return chunk

    def _transform(self, chunk: list[Item], step: Transform) -> tuple[list[Item], list[Failure]]:
        event = {"invocationId": str(uuid.uuid4()), "deliveryStreamArn": self.destination.arn}
        event["region"] = self.destination.arn.split(":")[3]
        if self.destination.source_arn:
            event["sourceKinesisStreamArn"] = self.destination.source_arn

        def invoke(full_event: dict[str, Any]) -> Any:
            try:
                roles.require(self.destination.role_arn, "lambda:InvokeFunction", step.function_arn, "firehose")
                done = functions.invoke(step.function_arn, full_event)
            except roles.DeniedError as exc:
                raise InvocationError("Lambda.InvokeAccessDenied", str(exc)) from exc
            except functions.NoFunctionError as exc:
                raise InvocationError("Lambda.ResourceNotFound", f"the function {exc} does not exist") from exc
            if done.error:
                code = "Lambda.InvokeLimitExceeded" if done.error == "Throttled" else "Lambda.FunctionError"
                raise InvocationError(code, done.message or done.error)
            return done.payload

        return transform(chunk, event=event, invoke=invoke, retries=step.retries)

    def _deliver(self) -> None:
        with self._changed:
            ready, failures = self._ready, self._failures
            self._ready, self._ready_bytes, self._failures = [], 0, []
            self._busy = len(ready) + len(failures)
        try:
            self._require_table()
            for key, body in objects(self.destination, ready, failures, clock.now()):
                self._put(key, body)
        except Exception:  # whatever it was, the records are not delivered: keep them
            with self._changed:
                self._ready, self._failures = ready + self._ready, failures + self._failures
                self._ready_bytes = sum(len(item.data) for item in self._ready)
                self._busy = 0
            raise
        metrics.put("AWS/Firehose", "DeliveryToS3.Records", len(ready), "Count", self._dimensions())
        for oldest in ready[:1]:
            age_s = clock.now() - oldest.arrived_at
            metrics.put("AWS/Firehose", "DeliveryToS3.DataFreshness", age_s, "Seconds", self._dimensions())
        with self._changed:
            self._busy = 0

    def _require_table(self) -> None:
        """Firehose reads the schema of the table before it converts."""
        conversion = self.destination.conversion
        if conversion:
            region, account = self.destination.arn.split(":")[3:5]
            table = f"arn:aws:glue:{region}:{account}:table/{conversion.database}/{conversion.table}"
            roles.require(conversion.role_arn, "glue:GetTableVersions", table, "firehose")

    def _put(self, key: str, body: bytes) -> None:
        """Write the object, however often it takes; only the end of the emulator gives up."""
        attempt, bucket = 0, self.destination.bucket
        while not self.stopping.is_set():
            try:
                roles.require(self.destination.role_arn, "s3:PutObject", f"arn:aws:s3:::{bucket}/{key}", "firehose")
                storage.put_object(bucket, key, body)
            except (storage.StorageError, roles.DeniedError) as exc:
                attempt += 1
                _logger.warning("delivery stream %s: %s", self.destination.name, exc)
                metrics.put("AWS/Firehose", "DeliveryToS3.Success", 0, "Count", self._dimensions())
                self.stopping.wait(min(0.1 * 2**attempt, _LONGEST_BACKOFF_S))
            else:
                metrics.put("AWS/Firehose", "DeliveryToS3.Success", 1, "Count", self._dimensions())
                return

    def _dimensions(self) -> dict[str, str]:
        return {"DeliveryStreamName": self.destination.name}
