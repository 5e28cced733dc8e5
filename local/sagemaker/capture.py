"""Data capture: what went into and came out of an endpoint, as JSON lines in S3, in Model Monitor's format.

Lines are buffered per variant and hour. They are written when there are enough, when they are old on the injected
clock, when the hour ends, or on demand.
"""

import base64
import datetime as dt
import json
import logging
import random
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from local.sagemaker.platform import ObjectError, Objects, Platform, Record, S3Location
from local.sagemaker.state_events import iso

_log = logging.getLogger(__name__)

_FLUSH_LINES = 1000
_FLUSH_BYTES = 5_000_000
_FLUSH_AGE_S = 60.0


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One answered request. ``time`` in epoch seconds of the injected clock."""

    endpoint: str
    variant: str
    input: bytes
    input_type: str
    output: bytes
    output_type: str
    inference_id: str | None
    time: float


@dataclass
class _Buffer:
    """Lines that go into one file."""

    objects: Objects
    target: S3Location
    since: float
    lines: list[bytes] = field(default_factory=list)
    size_bytes: int = 0

    def is_due(self, now: float) -> bool:
        """Whether it is time to write it."""
        hour_ended = int(now // 3600) != int(self.since // 3600)
        big = len(self.lines) >= _FLUSH_LINES or self.size_bytes >= _FLUSH_BYTES
        return big or hour_ended or now - self.since >= _FLUSH_AGE_S


class DataCapture:
    """Captures the exchanges of every endpoint."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._buffers: dict[tuple[str, str, str], _Buffer] = {}
        self._lock = threading.Lock()
        self._random = random.Random()  # noqa: S311 - sampling, not cryptography

    def record(self, exchange: Exchange, config: Record, role_arn: str) -> None:
        """Capture one exchange if the endpoint configuration asks for it and the sampling takes it."""
        settings = config.get("DataCaptureConfig")
        if not settings or not settings.get("EnableCapture", False):
            return
        if self._random.random() * 100 >= settings["InitialSamplingPercentage"]:
            return
        line = json.dumps(_entry(exchange, settings), separators=(",", ":")).encode() + b"\n"
        hour = dt.datetime.fromtimestamp(exchange.time, dt.UTC).strftime("%Y/%m/%d/%H")
        target = S3Location.parse(settings["DestinationS3Uri"]).child(f"{exchange.endpoint}/{exchange.variant}/{hour}")
        with self._lock:
            buffer = self._buffers.setdefault(
                (exchange.endpoint, exchange.variant, target.uri),
                _Buffer(self._platform.objects(role_arn), target, exchange.time),
            )
            buffer.lines.append(line)
            buffer.size_bytes += len(line)

    def pending(self) -> int:
        """How many lines are buffered."""
        with self._lock:
            return sum(len(buffer.lines) for buffer in self._buffers.values())

    def flush_due(self) -> None:
        """Write the buffers that are big, old or of an hour that has ended."""
        now = self._platform.now()
        with self._lock:
            due = [key for key, buffer in self._buffers.items() if buffer.is_due(now)]
        self._write(due)

    def flush(self) -> None:
        """Write every buffer now."""
        with self._lock:
            due = list(self._buffers)
        self._write(due)

    def _write(self, keys: list[tuple[str, str, str]]) -> None:
        for key in keys:
            with self._lock:
                buffer = self._buffers.pop(key, None)
            if buffer is None:
                continue
            moment = dt.datetime.fromtimestamp(self._platform.now(), dt.UTC)
            name = f"{moment:%M-%S}-{moment.microsecond // 1000:03d}-{uuid.uuid4()}.jsonl"
            try:
                buffer.objects.write(buffer.target.child(name), b"".join(buffer.lines))
            except ObjectError as exc:
                _log.error("data capture lost %d lines for %s: %s", len(buffer.lines), buffer.target.uri, exc)


def _entry(exchange: Exchange, settings: Record) -> Record:
    modes = {option["CaptureMode"] for option in settings["CaptureOptions"]}
    captured: Record = {}
    if modes & {"Input", "InputAndOutput"}:
        captured["endpointInput"] = _side(exchange.input, exchange.input_type, "INPUT", settings)
    if modes & {"Output", "InputAndOutput"}:
        captured["endpointOutput"] = _side(exchange.output, exchange.output_type, "OUTPUT", settings)
    metadata = {"eventId": str(uuid.uuid4()), "inferenceTime": iso(exchange.time)}
    if exchange.inference_id is not None:
        metadata["inferenceId"] = exchange.inference_id
    return {"captureData": captured, "eventMetadata": metadata, "eventVersion": "0"}


def _side(data: bytes, content_type: str, mode: str, settings: Record) -> Record:
    encoding = _encoding(content_type, settings.get("CaptureContentTypeHeader", {}))
    if encoding != "BASE64":
        try:
            text = data.decode()
        except UnicodeDecodeError:
            encoding = "BASE64"
    if encoding == "BASE64":
        text = base64.b64encode(data).decode()
    return {"observedContentType": content_type, "mode": mode, "data": text, "encoding": encoding}


def _encoding(content_type: str, declared: Mapping[str, list[str]]) -> str:
    plain = content_type.partition(";")[0].strip().lower()
    if plain in (it.lower() for it in declared.get("JsonContentTypes", [])):
        return "JSON"
    return "CSV" if plain in (it.lower() for it in declared.get("CsvContentTypes", [])) else "BASE64"
