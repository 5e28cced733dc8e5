"""Firehose: ministack keeps the definitions, ``delivery_stream`` moves the records."""

import itertools
from base64 import b64decode
from collections.abc import Sequence
from typing import Any

from local.clock import clock
from local.emulator import idle, lifecycle
from local.emulator import ministack_kinesis as kinesis
from local.emulator.delivery_objects import Conversion, Destination, Transform
from local.emulator.delivery_parquet import columns
from local.emulator.delivery_prefix import PrefixError, check
from local.emulator.delivery_stream import DeliveryStream
from local.emulator.delivery_transform import Item
from local.emulator.ministack_core import module, scope

_MIB = 1024 * 1024
_RECORD_BYTES = 1000 * 1024
_BATCH_RECORDS = 500
_BATCH_BYTES = 4 * _MIB
_CONVERSION_BUFFER_MB = 64
_TRANSFORM_BUFFER_MB = (0.2, 3.0)

_running: dict[str, DeliveryStream] = {}
_numbers = itertools.count(1)
_Answer = tuple[int, dict[str, str], bytes]


def install() -> None:
    """Take records from Kinesis and from producers; refuse definitions that AWS would refuse."""
    firehose = module("services.firehose")
    create, delete = firehose._create_delivery_stream, firehose._delete_delivery_stream

    def created(data: dict[str, Any]) -> _Answer:
        problem = _problem(data)
        answer: _Answer = firehose._invalid(problem) if problem else create(data)
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
    problem = ""
    if not 1 <= len(bodies) <= _BATCH_RECORDS:
        problem = f"a batch holds 1 to {_BATCH_RECORDS} records, not {len(bodies)}"
    elif any(len(body) > _RECORD_BYTES for body in bodies) or sum(map(len, bodies)) > _BATCH_BYTES:
        problem = "Records size exceeds the limit of 1024000 bytes per record or 4194304 bytes per batch"
    if problem:
        refused: _Answer = firehose._invalid(problem)
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
        running = DeliveryStream(_destination(stored))
        _running[stored["name"]] = running
        running.start()
    elif stored.get("_headrace_seen") != key:
        running.destination = _destination(stored)
    stored["_headrace_seen"] = key
    return running


def _problem(data: dict[str, Any]) -> str:
    """Why AWS would refuse the definition, or ''."""
    config = data.get("ExtendedS3DestinationConfiguration")
    if config is None:
        return "only ExtendedS3DestinationConfiguration is supported locally"
    if (config.get("DynamicPartitioningConfiguration") or {}).get("Enabled"):
        return "DynamicPartitioningConfiguration is not supported locally"
    try:
        check(config.get("Prefix") or "", config.get("ErrorOutputPrefix") or "")
    except PrefixError as exc:
        return str(exc)
    kinds = [step.get("Type") for step in (config.get("ProcessingConfiguration") or {}).get("Processors") or []]
    strange = [kind for kind in kinds if kind not in ("Lambda", "AppendDelimiterToRecord")]
    if strange or kinds.count("Lambda") > 1:
        return f"processors {kinds} are not supported locally: at most one Lambda and AppendDelimiterToRecord"
    conversion = config.get("DataFormatConversionConfiguration") or {}
    if conversion and conversion.get("Enabled", True):
        return _conversion_problem(config, conversion)
    return ""


def _conversion_problem(config: dict[str, Any], conversion: dict[str, Any]) -> str:
    size_mb = (config.get("BufferingHints") or {}).get("SizeInMBs", 128)
    if config.get("CompressionFormat", "UNCOMPRESSED") != "UNCOMPRESSED":
        return "CompressionFormat must be UNCOMPRESSED when data format conversion is enabled"
    if int(size_mb) < _CONVERSION_BUFFER_MB:
        return f"BufferingHints.SizeInMBs must be at least {_CONVERSION_BUFFER_MB} with data format conversion"
    if "ParquetSerDe" not in ((conversion.get("OutputFormatConfiguration") or {}).get("Serializer") or {}):
        return "only ParquetSerDe is supported locally"
    return ""


def _destination(stored: dict[str, Any]) -> Destination:
    config = stored["destinations"][0]["config"]
    hints = config.get("BufferingHints") or {}
    conversion = _conversion(config.get("DataFormatConversionConfiguration") or {})
    steps = _processors(config)
    return Destination(
        name=stored["name"],
        arn=stored["arn"],
        version=str(stored["version"]),
        bucket=config["BucketARN"].rpartition(":")[2],
        role_arn=config["RoleARN"],
        prefix=config.get("Prefix") or "",
        error_prefix=config.get("ErrorOutputPrefix") or "",
        size_bytes=int(hints.get("SizeInMBs", 128 if conversion else 5)) * _MIB,
        interval_s=float(hints.get("IntervalInSeconds", 300)),
        gzip=config.get("CompressionFormat") == "GZIP",
        delimiter=steps.get("AppendDelimiterToRecord", {}).get("Delimiter", "").replace("\\n", "\n").encode(),
        transform=_transform(steps["Lambda"]) if "Lambda" in steps else None,
        conversion=conversion,
        source_arn=(stored.get("kinesis_source") or {}).get("KinesisStreamARN", ""),
    )


def _processors(config: dict[str, Any]) -> dict[str, dict[str, str]]:
    processing = config.get("ProcessingConfiguration") or {}
    if str(processing.get("Enabled", False)).lower() != "true":
        return {}
    return {
        step["Type"]: {item["ParameterName"]: str(item["ParameterValue"]) for item in step.get("Parameters") or []}
        for step in processing.get("Processors") or []
    }


def _transform(parameters: dict[str, str]) -> Transform:
    low, high = _TRANSFORM_BUFFER_MB
    size_mb = min(max(float(parameters.get("BufferSizeInMBs", 1)), low), high)
    return Transform(
        function_arn=parameters["LambdaArn"],
        size_bytes=int(size_mb * _MIB),
        interval_s=float(parameters.get("BufferIntervalInSeconds", 60)),
        retries=int(parameters.get("NumberOfRetries", 3)),
    )


def _conversion(config: dict[str, Any]) -> Conversion | None:
    if not config or str(config.get("Enabled", True)).lower() != "true":
        return None
    schema = config["SchemaConfiguration"]
    database, table = schema["DatabaseName"], schema["TableName"]
    with scope():
        found = module("services.glue")._tables.get(f"{database}/{table}") or {}
    described = (found.get("StorageDescriptor") or {}).get("Columns") or []
    if not described:
        raise ValueError(f"the Glue table {database}.{table} does not exist or has no columns")
    serializer = config["OutputFormatConfiguration"]["Serializer"]["ParquetSerDe"] or {}
    compression = serializer.get("Compression", "SNAPPY")
    return Conversion(
        database=database,
        table=table,
        columns=columns(described),
        compression="none" if compression == "UNCOMPRESSED" else compression.lower(),
        role_arn=schema.get("RoleARN", ""),
    )
