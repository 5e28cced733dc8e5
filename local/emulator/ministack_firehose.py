"""Firehose: ministack keeps the definitions, ``delivery_stream`` moves the records."""

import itertools
from base64 import b64decode
from collections.abc import Sequence
from typing import Any

from local.clock import clock
from local.emulator import idle, lifecycle
from local.emulator import ministack_kinesis as kinesis
from local.emulator.delivery_stream import DeliveryStream
from local.emulator.delivery_transform import Item
from local.emulator.ministack_core import module
from local.emulator.ministack_deliveries import destination, problem

_MIB = 1024 * 1024
_RECORD_BYTES = 1000 * 1024
_BATCH_RECORDS = 500
_BATCH_BYTES = 4 * _MIB

_running: dict[str, DeliveryStream] = {}
_numbers = itertools.count(1)
_Answer = tuple[int, dict[str, str], bytes]


def install() -> None:
    """Take records from Kinesis and from producers; refuse definitions that AWS would refuse."""
    firehose = module("services.firehose")
    create, delete = firehose._create_delivery_stream, firehose._delete_delivery_stream

    def created(data: dict[str, Any]) -> _Answer:
        refusal = problem(data)
        answer: _Answer = firehose._invalid(refusal) if refusal else create(data)
        return answer

    def deleted(data: dict[str, Any]) -> _Answer:
        running = _running.pop(data.get("DeliveryStreamName", ""), None)
        if running:
            running.stopping.set()
        answer: _Answer = delete(data)
        return answer

    firehose._create_delivery_stream, firehose._delete_delivery_stream = created, deleted
    firehose._HANDLERS.update(
        CreateDeliveryStream=created,
        DeleteDeliveryStream=deleted,
        PutRecord=_put_record,
        PutRecordBatch=_put_record_batch,
    )
    kinesis.on_records(_take_from_stream)
    idle.register("delivery_streams", _report)
    lifecycle.on_stop(_stop)


def flush(timeout_s: float) -> list[str]:
    """Deliver what every stream has buffered, now; the names of those that could not within ``timeout_s``."""
    return [name for name, stream in list(_running.items()) if not stream.flush(timeout_s)]


def _stop() -> None:
    for stream in _running.values():
        stream.stopping.set()


def _report() -> dict[str, Any]:
    reports = [stream.report() for stream in list(_running.values())]
    return {"pending": 0, "buffered": sum(report["buffered"] for report in reports), "streams": reports}


def _put_record(data: dict[str, Any]) -> _Answer:
    responses, firehose = module("core.responses"), module("services.firehose")
    stream = firehose._streams.get(data.get("DeliveryStreamName", ""))
    if stream is None:
        missing: _Answer = firehose._not_found(data.get("DeliveryStreamName", ""))
        return missing
    body = b64decode((data.get("Record") or {}).get("Data") or "")
    if len(body) > _RECORD_BYTES:
        refused: _Answer = firehose._invalid("Record size exceeds the limit of 1024000 bytes")
        return refused
    item = _item(body)
    _stream(stream).add([item])
    answer: _Answer = responses.json_response({"RecordId": item.record_id, "Encrypted": False})
    return answer


def _put_record_batch(data: dict[str, Any]) -> _Answer:
    responses, firehose = module("core.responses"), module("services.firehose")
    stream = firehose._streams.get(data.get("DeliveryStreamName", ""))
    if stream is None:
        missing: _Answer = firehose._not_found(data.get("DeliveryStreamName", ""))
        return missing
    bodies = [b64decode(record.get("Data") or "") for record in data.get("Records") or []]
    refusal = ""
    if not 1 <= len(bodies) <= _BATCH_RECORDS:
        refusal = f"a batch holds 1 to {_BATCH_RECORDS} records, not {len(bodies)}"
    elif any(len(body) > _RECORD_BYTES for body in bodies) or sum(map(len, bodies)) > _BATCH_BYTES:
        refusal = "Records size exceeds the limit of 1024000 bytes per record or 4194304 bytes per batch"
    if refusal:
        refused: _Answer = firehose._invalid(refusal)
        return refused
    items = [_item(body) for body in bodies]
    _stream(stream).add(items)
    entries = [{"RecordId": item.record_id} for item in items]
    answer: _Answer = responses.json_response({"FailedPutCount": 0, "Encrypted": False, "RequestResponses": entries})
    return answer


def _item(body: bytes) -> Item:
    return Item(record_id=f"{next(_numbers):056d}", data=body, arrived_at=clock.now())


def _take_from_stream(stream_arn: str, records: Sequence[kinesis.Record]) -> None:
    for stored in list(module("services.firehose")._streams.values()):
        source = stored.get("kinesis_source") or {}
        if stored.get("type") != "KinesisStreamAsSource" or source.get("KinesisStreamARN") != stream_arn:
            continue
        _stream(stored).add(
            [
                Item(
                    record_id=f"{record.sequence_number}000000000000",
                    data=b64decode(record.data),
                    arrived_at=record.arrived_at,
                    source=record,
                )
                for record in records
            ]
        )


def _stream(stored: dict[str, Any]) -> DeliveryStream:
    """The running stream of a definition, with the definition as it is now."""
    key = (stored["version"], stored["updated_at"])
    running = _running.get(stored["name"])
    if running is None:
        running = DeliveryStream(destination(stored))
        _running[stored["name"]] = running
        running.start()
    elif stored.get("_headrace_seen") != key:
        running.destination = destination(stored)
    stored["_headrace_seen"] = key
    return running
