"""A small table of every kind of column, and its comparison with another one."""

from typing import Any

import numpy as np

from headrace.drift import Findings, Settings, compare, summarize

ROWS = 20_000
Table = dict[str, np.ndarray[Any, Any]]


def table(seed: int, rows: int = ROWS) -> Table:
    rng = np.random.default_rng(seed)
    return {
        "amount": np.round(rng.gamma(2, 30, rows), 2),
        "balance": rng.normal(500, 40, rows),
        "count": rng.poisson(4, rows),
        "channel": rng.choice(["chip", "online", "phone"], rows, p=[0.6, 0.3, 0.1]).astype(object),
        "note": np.where(rng.random(rows) < 0.5, None, "x"),
        "id": np.arange(rows) + seed * rows,
        "when": np.datetime64("2026-01-01", "s") + rng.integers(0, 86_400, rows) + seed * 86_400,
    }


def found(current: Table, settings: Settings | None = None, *, baseline: Table | None = None) -> Findings:
    return compare(summarize(baseline or table(1)), summarize(current), settings)
