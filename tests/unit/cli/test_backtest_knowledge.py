"""A backtest knows no label before its time, whatever the policy, the delay or the file of labels."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from backtest_walks import UNTIL, flipped, run, use
from backtest_world import DAY_S, DELAY_DAYS, FROM, USECASE, world


@pytest.fixture(scope="module")
def events() -> pd.DataFrame:
    return world()


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, USECASE)


@pytest.mark.parametrize("policy", ["never", "weekly", "labels:300"])
def test_no_label_is_read_before_it_is_known(events: pd.DataFrame, tmp_path: Path, policy: str) -> None:
    """Labels of the last days are known only after the end, whatever the policy."""
    _, clean = run(events, tmp_path / "clean", policies=[policy])
    _, other = run(flipped(events, UNTIL - DELAY_DAYS * DAY_S), tmp_path / "poisoned", policies=[policy])
    pd.testing.assert_frame_equal(clean, other)


def test_frozen_labels_end_with_the_delay_before_the_start(events: pd.DataFrame, tmp_path: Path) -> None:
    _, clean = run(events, tmp_path / "clean", freeze_labels=True)
    _, other = run(flipped(events, FROM - DELAY_DAYS * DAY_S), tmp_path / "later", freeze_labels=True)
    pd.testing.assert_frame_equal(clean, other)
    earlier = flipped(events, FROM - (DELAY_DAYS + 1) * DAY_S, FROM - DELAY_DAYS * DAY_S)
    _, poisoned = run(earlier, tmp_path / "earlier", freeze_labels=True)
    assert (clean["score"] != poisoned["score"]).any()


def test_older_events_fill_windows_though_they_are_not_learned_from(events: pd.DataFrame, tmp_path: Path) -> None:
    old = events["timestamp"] < FROM - 10 * DAY_S
    _, clean = run(events, tmp_path / "clean", train_days=8, ignore_gates=True)
    dearer = events.assign(amount=events["amount"].where(~old, events["amount"] * 5))
    _, other = run(dearer, tmp_path / "dearer", train_days=8, ignore_gates=True)
    assert (clean["score"] != other["score"]).any()


def test_a_longer_delay_trains_on_older_events_and_reads_fewer_labels(events: pd.DataFrame, tmp_path: Path) -> None:
    given = {"delay": "6d", "until": FROM + 7 * DAY_S}
    summary, clean = run(events, tmp_path / "clean", **given)
    (training,) = summary["policies"][0]["trainings"]
    assert training["until"] == "2026-02-04T00:00:00Z"
    _, other = run(flipped(events, FROM + DAY_S), tmp_path / "poisoned", **given)
    pd.testing.assert_frame_equal(clean, other)
    _, sooner = run(flipped(events, FROM + DAY_S), tmp_path / "sooner", until=FROM + 7 * DAY_S)
    _, known = run(events, tmp_path / "known", until=FROM + 7 * DAY_S)
    assert (sooner["score"] != known["score"]).any()


def test_labels_with_their_own_time_are_known_from_then_on(events: pd.DataFrame, tmp_path: Path) -> None:
    late = events["timestamp"] >= FROM - 10 * DAY_S
    given = events["timestamp"] + DAY_S * np.where(late, 30, DELAY_DAYS)
    labels = events[["event_id", "fraud"]].assign(labelled_at=given)
    tmp_path.joinpath("labels").mkdir()
    path = tmp_path / "labels" / "labels.parquet"
    labels.to_parquet(path, index=False)
    summary, clean = run(events, tmp_path / "clean", labels=[path])
    assert summary["policies"][0]["trainings"][0]["until"] == "2026-02-08T00:00:00Z"
    learned = events["timestamp"].between(FROM - 32 * DAY_S, FROM - 10 * DAY_S, inclusive="left")
    assert summary["policies"][0]["trainings"][0]["rows"] == learned.sum()
    labels.assign(fraud=labels["fraud"].where(~late, 1 - labels["fraud"])).to_parquet(path, index=False)
    _, other = run(events, tmp_path / "poisoned", labels=[path])
    pd.testing.assert_frame_equal(clean, other)
