"""A lake in a folder, as streams and a backfill leave it: Parquet events and labels as JSON lines, by arrival."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

HOUR_S = 3_600
Row = dict[str, Any]


def moment(timestamp: float) -> str:
    """A time in seconds as the lake's JSON writes it."""
    return datetime.fromtimestamp(timestamp, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def put_events(
    lake: Path,
    events: pd.DataFrame,
    *,
    arrived: Mapping[str, float] | None = None,
    shard: str = "shard-0",
    name: str = "delivery",
    first: int = 0,
) -> None:
    """Write events as Firehose does, an object per hour of arrival; by default each arrives when it happens."""
    arrivals = [(arrived or {}).get(*it) for it in zip(events["event_id"], events["timestamp"], strict=True)]
    numbers = [str(first + number) for number in range(len(events))]
    frame = events.assign(shard_id=shard, sequence_number=numbers, arrived_at=arrivals)
    for hour, own in frame.groupby(frame["arrived_at"] // HOUR_S):
        at = datetime.fromtimestamp(hour * HOUR_S, UTC)
        put_parquet(lake / f"events/dt={at:%Y-%m-%d}/hh={at:%H}/{name}.parquet", own)


def put_parquet(path: Path, frame: pd.DataFrame) -> None:
    """Write one object; times are INT96, as Firehose writes them."""
    times = {name: pd.to_datetime(frame[name], unit="s").dt.as_unit("ms") for name in ("timestamp", "arrived_at")}
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pandas(frame.assign(**times), preserve_index=False)
    pq.write_table(table, path, use_deprecated_int96_timestamps=True)


def put_labels(lake: Path, labels: Iterable[Row], *, shard: str = "shard-0", name: str = "labels") -> None:
    """Write labels as ground truth does, an object per day of arrival; each arrives when it is given unless it says."""
    by_day: dict[str, list[str]] = {}
    for number, label in enumerate(labels):
        arrived = label.get("arrived_at", label["labelled_at"])
        row = {
            **label,
            "timestamp": moment(label["timestamp"]),
            "labelled_at": moment(label["labelled_at"]),
            "shard_id": shard,
            "sequence_number": str(number),
            "arrived_at": moment(arrived),
        }
        by_day.setdefault(moment(arrived)[:10], []).append(json.dumps(row))
    for day, lines in by_day.items():
        path = lake / f"labels/dt={day}/{name}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n")
