"""Tables for the drift benchmarks: 15 columns of the kinds that events have, seeded, written chunk by chunk.

A chunk's rows depend on the seed and the chunk's number alone, so a table of ten million rows is never in memory, and a
shorter one is its beginning.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

CHUNK = 100_000
DRIFTED = "amount"
GROWTH = 1.2
"""What the drifted column is multiplied by."""
_CATEGORIES = {"channel": 4, "country": 30, "product": 400}


def write(path: Path, rows: int, *, seed: int, drifted: bool = False) -> None:
    """Write a table as Parquet, a row group per chunk.

    Args:
        path: of the file.
        rows: how many.
        seed: two tables of one distribution differ in it.
        drifted: whether amounts are a fifth larger.
    """
    chunks = _chunks(rows, seed, GROWTH if drifted else 1.0)
    first = next(chunks)
    with pq.ParquetWriter(path, first.schema) as file:
        file.write_table(first)
        for chunk in chunks:
            file.write_table(chunk)


def _chunks(rows: int, seed: int, growth: float) -> Iterator[pa.Table]:
    for number, start in enumerate(range(0, rows, CHUNK)):
        yield _chunk(min(CHUNK, rows - start), np.random.default_rng([seed, number]), growth)


def _chunk(rows: int, rng: np.random.Generator, growth: float) -> pa.Table:
    """Money in cents, measurements, counts, a flag, and texts with few and with many different values."""
    columns: dict[str, object] = {
        DRIFTED: np.round(rng.lognormal(3.5, 0.8, rows) * growth, 2),
        "balance": np.round(rng.normal(500, 200, rows), 2),
        "distance": rng.exponential(12, rows),
        "latitude": rng.normal(48, 3, rows),
        "longitude": rng.normal(9, 4, rows),
        "speed": np.abs(rng.normal(60, 20, rows)),
        "score": rng.random(rows),
        "ratio": np.exp(rng.normal(0, 2, rows)),
        "wait_s": rng.exponential(300, rows),
        "count_1d": rng.poisson(3, rows),
        "count_30d": rng.poisson(80, rows),
        "weekend": (rng.random(rows) < _WEEKEND).astype(np.int8),
    }
    for name, kinds in _CATEGORIES.items():
        columns[name] = _texts(name, rng.geometric(4 / kinds, rows) % kinds, kinds)
    return pa.table(columns)


def _texts(name: str, codes: npt.NDArray[np.int64], kinds: int) -> pa.Array:
    names = pa.array([f"{name}-{it}" for it in range(kinds)])
    return pa.DictionaryArray.from_arrays(pa.array(codes), names).cast(pa.string())


_WEEKEND = 2 / 7
