"""Headrace's monitor on streams: every window against the reference, and any violation is an alarm."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from bench.detection_streams import TIME, WINDOW, WINDOWS
from headrace.drift import Summary, compare
from headrace.drift.arrow import column_of
from headrace.drift.season import Season, slots

SEASON: Season = "hour_of_day"


def monitor(folder: Path, *, same_hours: bool) -> Iterator[tuple[int, str]]:
    """Alarms: how many rows of the stream had been seen, and the column.

    Args:
        folder: of a stream.
        same_hours: whether only rows of the reference count that are of the window's hours of the day.
    """
    reference, stream = (pq.read_table(folder / f"{it}.parquet") for it in ("reference", "stream"))
    known: dict[frozenset[int] | None, Summary] = {None: _counted(reference)}
    for start in range(0, WINDOW * WINDOWS, WINDOW):
        window = stream.slice(start, WINDOW)
        hours: frozenset[int] | None = frozenset(_hours(window).tolist()) if same_hours else None
        if hours not in known:
            known[hours] = _counted(reference.filter(pa.array(np.isin(_hours(reference), list(hours or ())))))
        found = compare(known[hours], _counted(window))
        yield from ((start + WINDOW, name) for name in {it.feature_name for it in found.violations})


def _counted(table: Any) -> Summary:
    columns: Mapping[str, Any] = {name: table[name].combine_chunks() for name in table.column_names if name != TIME}
    return Summary(rows=table.num_rows, columns={name: column_of(it) for name, it in columns.items()})


def _hours(table: Any) -> npt.NDArray[np.int64]:
    return slots(table[TIME].to_numpy(), SEASON)
