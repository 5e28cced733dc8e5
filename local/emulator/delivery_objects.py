"""What a delivery stream writes for a buffer of records: the objects, their keys and the error documents.

Error formats: https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html and
record-format-conversion-error-handling.html.
"""

import gzip
import json
import logging
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from local.emulator.delivery_parquet import Column, ConversionError, parquet, rows
from local.emulator.delivery_prefix import evaluate, object_name
from local.emulator.delivery_transform import Failure, Item

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Transform:
    """The transform Lambda and its buffer."""

    function_arn: str
    size_bytes: int
    interval_s: float
    retries: int


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """Conversion to Parquet by a Glue table; ``columns`` gives those of its latest version."""

    database: str
    table: str
    columns: Callable[[], tuple[Column, ...]]
    compression: str
    role_arn: str


@dataclass(frozen=True, kw_only=True)
class Destination:
    """Everything that decides what a delivery stream does with records."""

    name: str
    arn: str
    version: str
    bucket: str
    role_arn: str
    prefix: str
    error_prefix: str
    size_bytes: int
    interval_s: float
    gzip: bool
    delimiter: bytes = b""
    transform: Transform | None = None
    conversion: Conversion | None = None
    source_arn: str = ""
    source_role_arn: str = ""


Objects = list[tuple[str, bytes]]


def objects(destination: Destination, ready: Sequence[Item], failures: Sequence[Failure], now: float) -> Objects:
    """The (key, body) pairs that deliver ``ready`` and report ``failures`` of the transform.

    Args:
        destination: Where and how.
        ready: Records to deliver, in order.
        failures: Records the transform failed on.
        now: Epoch seconds, when the attempts ended.
    """
    found = _errors(destination, "processing-failed", failures, now)
    if not ready:
        return found
    if destination.conversion is None:
        return [*found, _plain(destination, ready)]
    return found + _converted(destination, destination.conversion, ready, now)


def _plain(destination: Destination, ready: Sequence[Item]) -> tuple[str, bytes]:
    body = b"".join(item.data + destination.delimiter for item in ready)
    if destination.gzip:
        return _key(destination, destination.prefix, ready, ".gz"), gzip.compress(body)
    return _key(destination, destination.prefix, ready, ""), body


def _converted(destination: Destination, conversion: Conversion, ready: Sequence[Item], now: float) -> Objects:
    columns = conversion.columns()
    converted: list[list[Any]] = []
    kept: list[Item] = []
    failures: list[Failure] = []
    for item in ready:
        try:
            converted += rows(item.data, columns)
            kept.append(item)
        except ConversionError as exc:
            failures.append(Failure(item=item, code=exc.code, message=str(exc), attempts=1))
    found = _errors(destination, "format-conversion-failed", failures, now)
    if kept:
        body = parquet(converted, columns, conversion.compression)
        found.append((_key(destination, destination.prefix, kept, ".parquet"), body))
    return found


def _errors(destination: Destination, kind: str, failures: Sequence[Failure], now: float) -> Objects:
    if not failures:
        return []
    _logger.warning("%s: %d records %s: %s", destination.name, len(failures), kind, failures[0].message)
    documents = (_error_document(destination, kind, failure, int(now * 1000)) for failure in failures)
    body = b"".join(json.dumps(document).encode() + b"\n" for document in documents)
    items = [failure.item for failure in failures]
    if destination.error_prefix:
        return [(_key(destination, destination.error_prefix, items, "", kind), body)]
    return [(_key(destination, f"{destination.prefix}{kind}/", items, ""), body)]


def _error_document(destination: Destination, kind: str, failure: Failure, ended_ms: int) -> dict[str, Any]:
    converting = destination.conversion if kind == "format-conversion-failed" else None
    code, message = ("lastErrorCode", "lastErrorMessage") if converting else ("errorCode", "errorMessage")
    document: dict[str, Any] = {
        "attemptsMade": failure.attempts,
        "arrivalTimestamp": int(failure.item.arrived_at * 1000),
        code: failure.code,
        message: failure.message,
        "attemptEndingTimestamp": ended_ms,
        "rawData": b64encode(failure.item.data).decode(),
    }
    if converting is None:
        return {**document, "lambdaArn": destination.transform.function_arn if destination.transform else ""}
    source = failure.item.source
    return {
        **document,
        "sequenceNumber": source.sequence_number if source else None,
        "subSequenceNumber": 0 if source else None,
        "dataCatalogTable": _catalog_table(destination, converting),
    }


def _catalog_table(destination: Destination, conversion: Conversion) -> dict[str, str]:
    region, account = destination.arn.split(":")[3:5]
    return {
        "catalogId": account,
        "databaseName": conversion.database,
        "tableName": conversion.table,
        "region": region,
        "versionId": "LATEST",
        "catalogArn": f"arn:aws:glue:{region}:{account}:catalog",
    }


def _key(destination: Destination, template: str, items: Sequence[Item], extension: str, error_type: str = "") -> str:
    oldest = min(item.arrived_at for item in items)
    name = object_name(destination.name, destination.version, oldest, extension)
    return evaluate(template, at=oldest, error_type=error_type) + name
