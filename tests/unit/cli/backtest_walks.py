"""One backtest of a small world: its summary, its predictions, and labels turned round to see who reads them."""

import io
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from backtest_world import DAY_S, FROM, options, stored
from rich.console import Console

import usecases
from cli.backtest.command import backtest
from headrace.usecase import UseCase

UNTIL = FROM + 14 * DAY_S


def use(monkeypatch: pytest.MonkeyPatch, usecase: UseCase) -> None:
    monkeypatch.setattr(usecases, "load", lambda _: usecase)


def run(frame: pd.DataFrame, folder: Path, **changed: Any) -> tuple[dict[str, Any], pd.DataFrame]:
    """The summary and the predictions of a backtest."""
    folder.mkdir(parents=True, exist_ok=True)
    given = {"predictions": folder / "scores.parquet", **changed}
    summary = backtest(options(stored(frame, folder), folder / "out", **given), Console(file=io.StringIO()))
    return summary, pd.read_parquet(folder / "scores.parquet")


def flipped(frame: pd.DataFrame, since: int, until: int | None = None) -> pd.DataFrame:
    """The events with every label from ``since`` on turned round."""
    there = (frame["timestamp"] >= since) & (frame["timestamp"] < (until or frame["timestamp"].max() + 1))
    return frame.assign(fraud=frame["fraud"].where(~there, 1 - frame["fraud"]))
