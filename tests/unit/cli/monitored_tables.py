"""Tables of a normal week and of a changed one, written in any format, and ``headrace monitor`` run on them."""

from pathlib import Path

import numpy as np
import pandas as pd
from typer.testing import CliRunner, Result

from cli.main import app

ROWS = 5_000


def table(seed: int, factor: float = 1.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "event_id": [f"e{seed}-{it}" for it in range(ROWS)],
            "timestamp": pd.Timestamp("2026-01-05") + pd.to_timedelta(rng.integers(0, 7 * 86_400, ROWS), unit="s"),
            "amount": np.round(rng.gamma(2, 30, ROWS) * factor, 2),
            "count": pd.array(np.where(rng.random(ROWS) < 0.02, None, rng.poisson(4, ROWS)), dtype="Int64"),
            "weekend": rng.random(ROWS) < 0.3,
            "channel": rng.choice(["chip", "online", "<b>ü</b>"], ROWS),
        }
    )


def written(frame: pd.DataFrame, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if ".parquet" in path.name:
        frame.to_parquet(path)
    elif ".csv" in path.name:
        frame.to_csv(path, index=False)
    else:
        frame.to_json(path, orient="records", lines=True, date_format="iso")
    return path


def monitor(baseline: Path, current: Path, out: Path, *options: str) -> Result:
    places = ["--baseline", str(baseline), "--current", str(current), "--out", str(out)]
    return CliRunner().invoke(app, ["monitor", *places, *options])
