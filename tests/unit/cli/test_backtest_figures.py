"""Figures of a backtest against tables worked out by hand, and against scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from backtest_world import DAY_S, START, USECASE
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from cli.backtest import figures
from cli.backtest.figures import Judged

NAN = float("nan")


def test_money_is_what_a_hand_counts() -> None:
    # Three frauds, one let through; three honest, one stopped and one reviewed; one nobody knows, stopped.
    labels = np.array([1, 1, 1, 0, 0, 0, NAN])
    decisions = np.array(["APPROVE", "REVIEW", "BLOCK", "APPROVE", "BLOCK", "REVIEW", "BLOCK"], dtype=object)
    assert figures.money(USECASE, labels, decisions) == {
        "alerts": 5,
        "caught": 2,
        "missed": 1,
        "false_alarms": 2,
        "cost": 1 * 500 + 2 * 50,
        "cost_without_model": 3 * 500,
    }


def test_ranking_agrees_with_scikit_learn_ties_included() -> None:
    rng = np.random.default_rng(1)
    labels = (rng.random(5_000) < 0.05).astype(float)
    scores = np.round(np.clip(rng.normal(0.3 + 0.2 * labels, 0.15), 0, 1), 2)
    found = figures.ranking(labels, scores)
    rates, recalls, _ = roc_curve(labels, scores)
    assert found["average_precision"] == pytest.approx(average_precision_score(labels, scores), abs=1e-6)
    assert found["auc"] == pytest.approx(roc_auc_score(labels, scores), abs=1e-6)
    assert found["recall_at_1pct_fpr"] == pytest.approx(recalls[rates <= 0.01].max(), abs=1e-6)


@pytest.mark.parametrize("labels", [[], [0.0, 0.0], [1.0, 1.0]])
def test_nothing_is_ranked_without_both_classes(labels: list[float]) -> None:
    found = figures.ranking(np.array(labels), np.zeros(len(labels)))
    assert set(found.values()) == {None}


def test_an_entity_counts_once_a_day_and_leaves_when_it_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "MOST", 2)
    rows = [
        # day, entity, score, label: the first two of day 0 are a (fraud) and b.
        (0, "a", 0.9, 0), (0, "a", 0.1, 1), (0, "b", 0.8, 0), (0, "c", 0.7, 1),
        # a was found and leaves, so c (fraud) and b are looked at.
        (1, "a", 0.99, 1), (1, "c", 0.9, 1), (1, "b", 0.8, 0), (1, "d", 0.7, 1),
        # Only d is left: one entity, and it is one of those looked for.
        (2, "a", 0.9, 1), (2, "c", 0.9, 1), (2, "d", 0.1, 1),
        # A day without a score has no precision.
        (3, "b", NAN, 0),
    ]  # fmt: skip
    days, keys, scores, labels = (np.array(column) for column in zip(*rows, strict=True))
    assert figures.entity_precision(days, keys, scores, labels) == {0: 0.5, 1: 0.5, 2: 1.0}


def answers(*rows: tuple[float, str, float, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["day", "customer_id", "score", "decision"])
    ids = [str(place) for place in range(len(frame))]
    times = (START + frame["day"] * DAY_S).astype(np.int64)
    return frame.assign(event_id=ids, timestamp=times).drop(columns="day")


def test_weeks_begin_at_the_start_and_add_up_to_the_total() -> None:
    given = answers(
        (0.0, "a", 0.9, "BLOCK"), (6.9, "b", 0.2, "REVIEW"), (7.0, "c", 0.05, "APPROVE"), (20.9, "d", 0.01, "APPROVE")
    )  # fmt: skip
    truth = pd.Series([1.0, 0.0, 1.0], index=["0", "1", "2"])
    judged = Judged.of(USECASE, START, given, truth)
    weeks, total = judged.weeks(), judged.total()
    assert [it["from"] for it in weeks] == ["2026-01-01T00:00:00Z", "2026-01-08T00:00:00Z", "2026-01-15T00:00:00Z"]
    assert [it["events"] for it in weeks] == [2, 1, 1]
    assert [it["labelled"] for it in weeks] == [2, 1, 0]
    assert [it["cost"] for it in weeks] == [50, 500, 0]
    for name in ("events", "scored", "labelled", "positives", "alerts", "caught", "missed", "false_alarms", "cost"):
        assert total[name] == sum(it[name] for it in weeks)
    assert weeks[0]["average_precision"] == 1.0
    assert weeks[1]["average_precision"] is None
    assert [it["entity_precision_100"] for it in weeks] == [0.5, 1.0, 0.0]
