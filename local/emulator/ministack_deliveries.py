"""Delivery stream definitions as ministack stores them: what AWS would refuse, and what the stream runs by."""

from functools import partial
from typing import Any

from local.emulator.delivery_objects import Conversion, Destination, Transform
from local.emulator.delivery_parquet import Column, columns
from local.emulator.delivery_prefix import PrefixError, check
from local.emulator.ministack_core import module, scope

_MIB = 1024 * 1024
_CONVERSION_BUFFER_MB = 64
_TRANSFORM_BUFFER_MB = (0.2, 3.0)


def problem(data: dict[str, Any]) -> str:
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


def destination(stored: dict[str, Any]) -> Destination:
    """A stored definition as the delivery stream runs it."""
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
        source_role_arn=(stored.get("kinesis_source") or {}).get("RoleARN", ""),
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
    latest = partial(_columns, database, table)
    latest()
    serializer = config["OutputFormatConfiguration"]["Serializer"]["ParquetSerDe"] or {}
    compression = serializer.get("Compression", "SNAPPY")
    return Conversion(
        database=database,
        table=table,
        columns=latest,
        compression="none" if compression == "UNCOMPRESSED" else compression.lower(),
        role_arn=schema.get("RoleARN", ""),
    )


def _columns(database: str, table: str) -> tuple[Column, ...]:
    """The columns of a Glue table as they are now. Raises ValueError if there are none."""
    with scope():
        found = module("services.glue")._tables.get(f"{database}/{table}") or {}
    described = (found.get("StorageDescriptor") or {}).get("Columns") or []
    if not described:
        raise ValueError(f"the Glue table {database}.{table} does not exist or has no columns")
    return columns(described)
