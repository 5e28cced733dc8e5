"""Seeded streams with known drifts, for the detection table: what changes, when, and by how much.

Every stream has a reference of 50,000 rows and then 20 windows of 5,000, half a day each. Drift begins in the middle of
the eleventh window, so that no monitor is helped by where windows end.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

WINDOW = 5_000
WINDOWS = 20
ONSET = 52_500
REFERENCE = 50_000
TIME = "time"
_RAMP = 4 * WINDOW
_DAY = 2 * WINDOW
_ROW_S = 86_400 / _DAY
_START = 1_767_225_600
_CHANNELS, _COUNTRIES = 4, 10
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Stream:
    """One kind of stream.

    Attributes:
        name: what happens.
        column: which column drifts; none in quiet and seasonal streams.
        growth: by what share amounts grow.
        gradual: whether they do over four windows rather than at once.
        spread: by what share the deviation of balances grows.
        unknown: the share of rows with a country that was never seen.
        season: by what share amounts swing over the day.
    """

    name: str
    column: str | None = None
    growth: float = 0.0
    gradual: bool = False
    spread: float = 0.0
    unknown: float = 0.0
    season: float = 0.0


STREAMS = (
    *(Stream(name=f"mean +{it} %, abrupt", column="amount", growth=it / 100) for it in (10, 20, 50)),
    *(Stream(name=f"mean +{it} %, gradual", column="amount", growth=it / 100, gradual=True) for it in (10, 20, 50)),
    Stream(name="deviation +50 %", column="balance", spread=0.5),
    Stream(name="new category, 5 %", column="country", unknown=0.05),
    Stream(name="seasonal, no drift", season=0.15),
    Stream(name="quiet"),
)


def write(folder: Path, stream: Stream, *, seed: int) -> None:
    """Write ``reference.parquet`` and ``stream.parquet`` into a folder, which is made."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng([seed, STREAMS.index(stream)])
    pq.write_table(_table(rng, stream, -REFERENCE, 0), folder / "reference.parquet")
    pq.write_table(_table(rng, stream, 0, WINDOW * WINDOWS), folder / "stream.parquet")


def _table(rng: np.random.Generator, stream: Stream, start: int, end: int) -> pa.Table:
    place = np.arange(start, end)
    rows, changed = len(place), _changed(place, gradual=stream.gradual)
    swing = 1 + stream.season * np.sin(2 * np.pi * place / _DAY)
    country = rng.integers(0, _COUNTRIES, rows)
    country[rng.random(rows) < stream.unknown * changed] = _COUNTRIES
    return pa.table(
        {
            TIME: (_START + place * _ROW_S).astype(np.int64),
            "amount": np.round(rng.gamma(2, 30, rows) * (1 + stream.growth * changed) * swing, 2),
            "balance": 500 + 40 * rng.standard_normal(rows) * (1 + stream.spread * changed),
            "wait_s": rng.exponential(300, rows),
            "channel": _texts("channel", rng.integers(0, _CHANNELS, rows)),
            "country": _texts("country", country),
        }
    )


def _changed(place: npt.NDArray[np.int64], *, gradual: bool) -> Floats:
    """How much of the change has come at each row, 0 to 1."""
    return np.clip((place - ONSET + 1) / (_RAMP if gradual else 1), 0.0, 1.0)


def _texts(name: str, codes: npt.NDArray[np.int64]) -> pa.Array:
    names = pa.array([f"{name}-{it}" for it in range(int(codes.max()) + 1)])
    return pa.DictionaryArray.from_arrays(pa.array(codes), names).cast(pa.string())
