"""The offline half of Feature Store: every record as Parquet in AWS's layout, partitioned by event time (UTC)."""

import datetime as dt
import io
import logging
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.parquet as pq

from local.sagemaker.platform import ObjectError, Platform, Record, S3Location

_FLUSH_ROWS = 5000
_FLUSH_AGE_S = 900.0  # AWS writes offline within fifteen minutes
_ARROW: Mapping[str, pa.DataType] = {"Integral": pa.int64(), "Fractional": pa.float64(), "String": pa.string()}
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class OfflineRow:
    """One written record. Times in epoch seconds."""

    values: Mapping[str, str | int | float | list[str] | None]
    event_time: float
    deleted: bool
    invoked_at: float


@dataclass
class _Buffer:
    """Rows of one group that are not written yet."""

    group: Record
    since: float
    rows: list[OfflineRow] = field(default_factory=list)


class OfflineStore:
    """Buffers rows per feature group and writes them when there are many, when they are old, or on demand."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._buffers: dict[str, _Buffer] = {}
        self._lock = threading.Lock()

    def add(self, group: Record, row: OfflineRow) -> None:
        """Buffer one row."""
        with self._lock:
            self._buffers.setdefault(group["FeatureGroupName"], _Buffer(group, row.invoked_at)).rows.append(row)

    def pending(self) -> int:
        """How many rows are buffered."""
        with self._lock:
            return sum(len(buffer.rows) for buffer in self._buffers.values())

    def flush_due(self) -> None:
        """Write the buffers that are big or old on the injected clock."""
        now = self._platform.now()
        with self._lock:
            due = [
                name
                for name, buffer in self._buffers.items()
                if len(buffer.rows) >= _FLUSH_ROWS or now - buffer.since >= _FLUSH_AGE_S
            ]
        self._write(due)

    def flush(self) -> None:
        """Write every buffer now."""
        with self._lock:
            due = list(self._buffers)
        self._write(due)

    def _write(self, names: list[str]) -> None:
        for name in names:
            with self._lock:
                buffer = self._buffers.pop(name, None)
            if buffer is None:
                continue
            partitions: dict[str, list[OfflineRow]] = {}
            for row in buffer.rows:
                partitions.setdefault(_partition(row.event_time), []).append(row)
            for partition, rows in sorted(partitions.items()):
                self._write_file(buffer.group, partition, rows)

    def _write_file(self, group: Record, partition: str, rows: list[OfflineRow]) -> None:
        target = S3Location.parse(group["OfflineStoreConfig"]["S3StorageConfig"]["ResolvedOutputS3Uri"]).child(
            partition
        )
        latest = dt.datetime.fromtimestamp(max(row.event_time for row in rows), dt.UTC)
        name = f"{latest:%Y%m%dT%H%M%SZ}_{secrets.token_hex(8)}.parquet"
        try:
            self._platform.objects(group["RoleArn"]).write(
                target.child(name), _parquet(group, rows, self._platform.now())
            )
        except ObjectError as exc:
            group["OfflineStoreStatus"] = {"Status": "Blocked", "BlockedReason": str(exc)}
            _log.error("offline store of %s lost %d rows: %s", group["FeatureGroupName"], len(rows), exc)


def _partition(event_time: float) -> str:
    return dt.datetime.fromtimestamp(event_time, dt.UTC).strftime("year=%Y/month=%m/day=%d/hour=%H")


def _parquet(group: Record, rows: list[OfflineRow], written_at: float) -> bytes:
    fields, columns = [], []
    for definition in group["FeatureDefinitions"]:
        kind = _ARROW[definition["FeatureType"]] if "CollectionType" not in definition else pa.list_(pa.string())
        fields.append(pa.field(definition["FeatureName"], kind))
        columns.append(pa.array([row.values.get(definition["FeatureName"]) for row in rows], type=kind))
    stamp = pa.timestamp("ms", tz="UTC")
    for name, values, kind in (
        ("write_time", [int(written_at * 1000)] * len(rows), stamp),
        ("api_invocation_time", [int(row.invoked_at * 1000) for row in rows], stamp),
        ("is_deleted", [row.deleted for row in rows], pa.bool_()),
    ):
        fields.append(pa.field(name, kind))
        columns.append(pa.array(values, type=kind))
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(columns, schema=pa.schema(fields)), sink, compression="snappy")
    return sink.getvalue()
