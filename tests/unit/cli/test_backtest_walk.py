"""Each event of a backtest gets the model and the labels of its time, and the answer that the functions would give."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from backtest_walks import UNTIL, flipped, run, use
from backtest_world import DAY_S, DELAY_DAYS, FROM, START, USECASE, options, stored, world

from cli.backtest import past as pasts
from cli.backtest.memory import Runtime
from cli.backtest.streamed import StreamedVectors
from cli.backtest.terms import terms
from cli.backtest.training import Trainer
from cli.backtest.vectors import ColumnarVectors
from headrace.usecase import Gate
from lambdas.inference.exchange import Request
from lambdas.inference.logic import Inference, respond
from lambdas.shared.endpoint import SageMakerEndpoint
from lambdas.shared.scoring import Scorer


@pytest.fixture(scope="module")
def events() -> pd.DataFrame:
    return world()


@pytest.fixture(scope="module")
def plain(events: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], pd.DataFrame]:
    """The policy ``never`` on untouched events."""
    with pytest.MonkeyPatch.context() as patch:
        use(patch, USECASE)
        return run(events, tmp_path_factory.mktemp("plain"))


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, USECASE)


def test_every_event_of_the_time_has_a_score_under_its_own_id(
    events: pd.DataFrame, plain: tuple[dict[str, Any], pd.DataFrame]
) -> None:
    summary, scores = plain
    wanted = events[events["timestamp"].between(FROM, UNTIL, inclusive="left")]
    assert sorted(scores["event_id"]) == sorted(wanted["event_id"].astype(int))
    assert list(scores) == ["event_id", "score"]
    assert scores["score"].between(0, 1).all()
    (policy,) = summary["policies"]
    assert policy["total"]["events"] == policy["total"]["scored"] == len(wanted)
    assert policy["total"]["positives"] == wanted["fraud"].sum()
    assert [it["outcome"] for it in policy["trainings"]] == ["deployed"]
    (training,) = policy["trainings"]
    assert (training["since"], training["until"]) == ("2026-01-09T00:00:00Z", "2026-02-08T00:00:00Z")
    learned = events[events["timestamp"].between(FROM - 32 * DAY_S, FROM - 2 * DAY_S, inclusive="left")]
    assert (training["rows"], training["positives"]) == (len(learned), learned["fraud"].sum())


def test_a_label_reaches_answers_only_after_its_delay(
    events: pd.DataFrame, plain: tuple[dict[str, Any], pd.DataFrame], tmp_path: Path
) -> None:
    at, (_, clean) = FROM + 3 * DAY_S, plain
    _, other = run(flipped(events, at, at + DAY_S), tmp_path / "poisoned")
    times = events.set_index(events["event_id"].astype(int))["timestamp"].loc[clean["event_id"]].to_numpy()
    changed = clean["score"].to_numpy() != other["score"].to_numpy()
    assert not changed[times < at + DELAY_DAYS * DAY_S].any()
    assert changed[times >= at + DELAY_DAYS * DAY_S].any()


def test_columns_and_the_deployed_functions_give_the_same(events: pd.DataFrame, tmp_path: Path) -> None:
    """Every event through enrichment and every label through ground_truth: equal trainings, scores and decisions."""
    changed = {"policies": ["every:7d"], "until": FROM + 10 * DAY_S, "train_days": 20}
    columnar, fast = run(events, tmp_path / "fast", **changed)
    streamed, exact = run(events, tmp_path / "exact", **changed, exact=True)
    pd.testing.assert_frame_equal(fast, exact, check_exact=False, rtol=1e-6)
    assert (columnar.pop("vectors"), streamed.pop("vectors")) == ("columnar", "streamed")
    assert len(columnar["policies"][0]["trainings"]) == 2
    assert json.dumps(columnar) == json.dumps(streamed)


def test_two_runs_leave_the_same_bytes(events: pd.DataFrame, tmp_path: Path) -> None:
    found = []
    for name in ("one", "two"):
        run(events, tmp_path / name, policies=["weekly"], seed=3)
        files = sorted((tmp_path / name).rglob("*.*"))
        found.append({str(it.relative_to(tmp_path / name)): it.read_bytes() for it in files if it.is_file()})
    assert found[0].keys() == found[1].keys()
    for name, content in found[0].items():
        assert content == found[1][name], name
    assert {"out/summary.json", "out/index.html", "scores.parquet", "out/trainings/2026-02-10/report.html"} <= set(
        found[0]
    )


def test_another_seed_gives_another_model(
    events: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hyperparameters = {**USECASE.model.hyperparameters, "subsample": 0.5}
    use(monkeypatch, replace(USECASE, model=replace(USECASE.model, hyperparameters=hyperparameters)))
    _, one = run(events, tmp_path / "one", seed=1)
    _, two = run(events, tmp_path / "two", seed=2)
    assert (one["score"] != two["score"]).any()


def test_weekly_trains_every_week_and_each_event_gets_the_model_of_its_time(
    events: pd.DataFrame, plain: tuple[dict[str, Any], pd.DataFrame], tmp_path: Path
) -> None:
    summary, weekly = run(events, tmp_path, policies=["weekly"])
    _, never = plain
    trainings = summary["policies"][0]["trainings"]
    assert [(it["at"][:10], it["reason"]) for it in trainings] == [
        ("2026-02-10", "the first model"),
        ("2026-02-17", "weekly: time is up"),
    ]
    times = events.set_index(events["event_id"].astype(int))["timestamp"].loc[weekly["event_id"]].to_numpy()
    same = weekly["score"].to_numpy() == never["score"].to_numpy()
    assert same[times < FROM + 7 * DAY_S].all()
    assert not same[times >= FROM + 7 * DAY_S].all()


def test_a_candidate_that_fails_its_gates_is_not_deployed_and_the_fallback_decides(
    events: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict = replace(USECASE.model, gates=(Gate(metric="average_precision", minimum=1.0),))
    use(monkeypatch, replace(USECASE, model=strict))
    summary, scores = run(events, tmp_path / "kept", policies=["weekly"])
    assert scores["score"].isna().all()
    (policy,) = summary["policies"]
    assert [it["outcome"] for it in policy["trainings"]] == ["refused", "refused"]
    assert [it["reason"] for it in policy["trainings"]] == ["the first model", "there is no model yet"]
    assert "average_precision" in policy["trainings"][0]["why"]
    total = policy["total"]
    assert (total["rejected"], total["scored"], total["average_precision"]) == (2, 0, None)
    assert total["alerts"] == total["events"]  # REVIEW, the fallback, is an alert
    assert "there was no model" in summary["notices"][0]
    ignored, scored = run(events, tmp_path / "ignored", ignore_gates=True)
    assert scored["score"].notna().all()
    assert ignored["policies"][0]["trainings"][0]["outcome"] == "deployed"
    assert "although gates were not passed: 2026-02-10" in ignored["notices"][0]


def test_a_training_set_that_cannot_be_used_is_told_and_never_does_not_try_again(
    events: pd.DataFrame, tmp_path: Path
) -> None:
    honest = events.assign(fraud=0.0)
    summary, _ = run(honest, tmp_path, policies=["never"])
    (training,) = summary["policies"][0]["trainings"]
    assert training["outcome"] == "failed"
    assert "has 0 positives" in training["why"]
    assert str(tmp_path) not in json.dumps(summary)


def test_the_api_would_have_answered_what_the_backtest_says(events: pd.DataFrame, tmp_path: Path) -> None:
    """Asked of the inference function at an event's own moment, with the state that the stream has left."""
    given = options(stored(events, tmp_path), tmp_path / "out", until=FROM + DAY_S)
    agreed = terms(given, last=START + 60 * DAY_S)
    past = pasts.past(pasts.read(given, USECASE), agreed)
    columnar = ColumnarVectors(USECASE, past, tmp_path / "columnar", first=START, until=agreed.until)
    trainer = Trainer(agreed, past, tmp_path / "models", tmp_path / "reports")
    _, model = trainer.train(columnar, at=FROM, reason="", champion=None)
    assert model is not None
    stream = StreamedVectors(USECASE, past, tmp_path / "streamed")
    list(stream.rows(START, FROM))
    endpoint = SageMakerEndpoint(Runtime(model.model), "m")
    function = Inference(
        features=stream.features, reader=stream.table, scorer=Scorer(endpoint=endpoint, call_s=9, deadline_s=9)
    )
    answers = columnar.answers(FROM, FROM + DAY_S, model)
    first = past.events[past.events["timestamp"] >= FROM].iloc[0]
    answer = respond(Request("POST", "/predict", None, json.dumps(first.to_dict()).encode()), function)
    assert answer.body["event_id"] == answers["event_id"].iloc[0]
    assert answer.body["score"] == pytest.approx(answers["score"].iloc[0], rel=1e-6)
    assert answer.body["decision"] == answers["decision"].iloc[0]
