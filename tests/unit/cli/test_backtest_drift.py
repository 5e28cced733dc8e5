"""What counts as drift of a deployed model: its events, its scores, its matured results."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from backtest_world import DAY_S, FROM, START, USECASE, options, stored, world
from rich.console import Console

import usecases
from cli.backtest import past as pasts
from cli.backtest.command import backtest
from cli.backtest.drift import Watch
from cli.backtest.model import Deployed
from cli.backtest.terms import terms
from cli.backtest.training import Trainer
from cli.backtest.vectors import ColumnarVectors

WEEK_S = 7 * DAY_S


class Scene(NamedTuple):
    """A deployed model, its watch, and the vectors of the week after its deployment."""

    model: Deployed
    watch: Watch
    rows: pd.DataFrame


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("drift")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(usecases, "load", lambda _: USECASE)
        given = options(stored(world(), folder), folder / "out", train_days=38, policies=["drift"])
        agreed = terms(given, last=START + 60 * DAY_S)
        past = pasts.past(pasts.read(given, USECASE), agreed)
        vectors = ColumnarVectors(USECASE, past, folder / "vectors", first=START, until=agreed.until)
        trainer = Trainer(agreed, past, folder / "models", folder / "reports")
        _, model = trainer.train(vectors, at=FROM, reason="", champion=None)
        assert model is not None
        rows = pd.concat(vectors.rows(FROM, FROM + WEEK_S))
        yield Scene(model, Watch(USECASE, model, step_s=WEEK_S), rows)


def test_a_quiet_week_is_no_drift(scene: Scene) -> None:
    assert scene.watch.found([scene.rows]) is None
    assert scene.watch.found([scene.rows.iloc[:300], scene.rows.iloc[300:]]) is None
    assert scene.watch.found([]) is None


def test_features_that_move_are_named_with_their_distance(scene: Scene) -> None:
    moved = scene.rows.assign(amount=scene.rows["amount"] * 2)
    found = scene.watch.found([moved])
    assert found is not None
    assert "amount by 0." in found


def test_scores_that_move_though_no_feature_is_far_from_normal_are_drift(scene: Scene) -> None:
    class Surer:
        def scores(self, rows: pd.DataFrame) -> np.ndarray:
            scores: np.ndarray = np.sqrt(scene.model.scores(rows))
            return scores

    watch = Watch(USECASE, scene.model, step_s=WEEK_S)
    watch._model = Surer()  # type: ignore[assignment] # answers otherwise than it did on its test rows
    found = watch.found([scene.rows])
    assert found is not None
    assert found.startswith("score by 0.")


def test_results_worse_than_the_test_rows_promised_are_drift_when_noise_does_not_explain_it(scene: Scene) -> None:
    rng = np.random.default_rng(4)
    labels = (rng.random(3_000) < 0.05).astype(np.int8)
    right, guessed = np.clip(0.1 + 0.8 * labels, 0, 1), rng.random(3_000)
    assert scene.watch.worse(labels, right) is None
    low, _ = scene.model.evaluation["headrace"]["intervals"]["average_precision"]
    found = scene.watch.worse(labels, guessed)
    assert low > 0.1
    assert found is not None
    assert found.startswith("average_precision of matured answers is at most 0.")


def test_few_matured_positives_are_no_verdict(scene: Scene) -> None:
    labels = np.zeros(500, dtype=np.int8)
    labels[0] = 1
    assert scene.watch.worse(labels, np.linspace(0, 1, 500)) is None
    assert scene.watch.worse(labels[:0], np.zeros(0)) is None


def test_the_policy_trains_in_the_week_after_the_stream_changed_and_not_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usecases, "load", lambda _: USECASE)
    events = world()
    changed = FROM + WEEK_S
    events["amount"] = events["amount"].where(events["timestamp"] < changed, events["amount"] * 3)
    given = options(
        stored(events, tmp_path), tmp_path / "out", policies=["drift"], until=FROM + 20 * DAY_S, train_days=38
    )
    summary = backtest(given, Console(file=io.StringIO()))
    trainings = summary["policies"][0]["trainings"]
    assert [it["at"][:10] for it in trainings] == ["2026-02-10", "2026-02-24"]
    assert trainings[1]["reason"].startswith("drift: ")
    assert "amount" in trainings[1]["reason"]
