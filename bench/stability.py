"""The population stability index as people write it with numpy: tenths of the baseline, and a look at 0.2.

It is streamed too, or it would hold the whole table: counts of bins add up. There is nothing else in it: neither types
nor missing values, sampling noise, many columns or causes.
"""

import sys
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from bench.peers.served import serve

BINS = 10
ALARM = 0.2
_LEAST = 1e-4
_ROWS = 131_072
Counts = Mapping[str, Counter[Any]]


def drifted(baseline: str, current: str) -> list[str]:
    """The columns whose index says so."""
    table = pq.read_table(baseline)
    edges = {
        name: np.quantile(table[name].to_numpy(), np.linspace(0, 1, BINS + 1)[1:-1])
        for name in table.column_names
        if not pa.types.is_string(table.schema.field(name).type)
    }
    before, after = _counted(baseline, edges), _counted(current, edges)
    return [name for name in before if stability_index(before[name], after[name]) > ALARM]


def stability_index(before: Counter[Any], after: Counter[Any]) -> float:
    """The index of two counts of the same bins."""
    bins = list(before | after)
    p, q = (
        np.maximum(np.array([it[name] for name in bins], dtype=np.float64) / it.total(), _LEAST)
        for it in (before, after)
    )
    return float(np.sum((q - p) * np.log(q / p)))


def _counted(path: str, edges: Mapping[str, npt.NDArray[np.float64]]) -> Counts:
    with pq.ParquetFile(path) as file:
        counts: dict[str, Counter[Any]] = {name: Counter() for name in file.schema_arrow.names}
        for batch in file.iter_batches(batch_size=_ROWS):
            for name, total in counts.items():
                total.update(_bins(batch.column(name), edges.get(name)))
    return counts


def _bins(values: Any, edges: npt.NDArray[np.float64] | None) -> dict[Any, int]:
    if edges is None:
        found = values.value_counts()
        return dict(zip(found.field("values").to_pylist(), found.field("counts").to_pylist(), strict=True))
    return dict(enumerate(np.bincount(np.searchsorted(edges, values.to_numpy()), minlength=BINS).tolist()))


if __name__ == "__main__":
    serve(lambda: drifted(*sys.argv[1:3]))
