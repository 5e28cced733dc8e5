"""A bad candidate is stopped with its reason, and a challenger is compared on the same rows with the noise of both."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from job_runs import DAY, Trained

from headrace.usecase import Facet, Limits, Model, Transform, UseCase
from pipelines.jobs import evaluate, train
from pipelines.jobs.judging.evidence import Evidence

SHORT = {"num_round": 25, "max_bin": 256, "nthread": 1}
NAMES = ("train", "validation", "test", "all")
Change = Callable[[str, pd.DataFrame], pd.DataFrame]


def candidate(
    trained: Trained, usecase: UseCase, folder: Path, change: Change | None = None, **hyperparameters: Any
) -> dict[str, Any]:
    """Train on the fixture's splits, changed as a test wants, and give what the evaluation found."""
    for name in NAMES:
        frame = pd.read_parquet(trained.splits / name)
        (folder / name).mkdir(parents=True)
        (change(name, frame) if change else frame).to_parquet(folder / name / "part.parquet")
    places = train.Places(
        train=folder / "train",
        validation=folder / "validation",
        all=folder / "all",
        model=folder / "model",
        checkpoint=folder / "checkpoints",
    )
    train.train(usecase, {**SHORT, **hyperparameters}, "candidate", places)
    return judged(usecase, folder)


def judged(usecase: UseCase, folder: Path, **evidence: Any) -> dict[str, Any]:
    given = Evidence(**{"train": folder / "train", **evidence})
    return evaluate.evaluate(usecase, folder / "model", folder / "test", resamples=100, seed=7, evidence=given)


def failed(found: dict[str, Any]) -> dict[str, str]:
    return {it["name"]: it["reason"] for it in found["gates"]["gates"] if not it["passed"]}


def test_a_good_candidate_passes_every_gate_and_each_says_why(trained: Trained, fraud: UseCase, tmp_path: Path) -> None:
    gates = candidate(trained, fraud, tmp_path)["gates"]
    assert (gates["passed"], gates["failed"], gates["reason"]) == (True, 0, "every gate is passed")
    assert [it["name"] for it in gates["gates"]] == [
        "varies", "positives", "floor_average_precision", "gap", "single_feature", "refit",
    ]  # fmt: skip
    assert all(set(it) == {"name", "passed", "value", "bound", "reason"} and it["reason"] for it in gates["gates"])


def test_a_model_that_newest_rows_have_spoilt_is_stopped_though_its_judged_twin_is_good(
    trained: Trained, fraud: UseCase, tmp_path: Path
) -> None:
    def damaged(name: str, frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(label=1 - frame["label"]) if name == "all" else frame

    found = failed(candidate(trained, fraud, tmp_path, damaged))
    assert list(found) == ["refit"]
    assert "as served: learning every row has spoilt it" in found["refit"]


def test_a_floor_that_is_missed_is_the_reason(trained: Trained, fraud: UseCase, tmp_path: Path) -> None:
    candidate(trained, fraud, tmp_path)
    found = judged(fraud, tmp_path, floors={"average_precision": 0.999})
    value = found["evaluation"]["binary_classification_metrics"]["average_precision"]["value"]
    assert list(failed(found)) == ["floor_average_precision"]
    assert found["gates"]["reason"].startswith(f"average_precision {value:.4f} (95 % interval ")
    assert found["gates"]["reason"].endswith("is below the floor of 0.999")


def test_a_leaky_feature_is_found_by_itself(trained: Trained, fraud: UseCase, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)

    def leak(_: str, frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(customer_count_7d=frame["label"] * 3.0 + rng.normal(0, 0.1, len(frame)))

    reasons = failed(candidate(trained, fraud, tmp_path, leak))
    assert "customer_count_7d alone ranks validation rows" in reasons["single_feature"]
    assert "looks like a leak of the truth" in reasons["single_feature"]


def test_a_feature_that_is_known_for_training_rows_only_is_found_by_the_gap(
    trained: Trained, fraud: UseCase, tmp_path: Path
) -> None:
    rng = np.random.default_rng(1)

    def leak(name: str, frame: pd.DataFrame) -> pd.DataFrame:
        truth = frame["label"] * 3.0 if name == "train" else 0.0
        return frame.assign(customer_count_7d=truth + rng.normal(0, 0.1, len(frame)))

    strict = replace(fraud, model=replace(fraud.model, limits=Limits(gap=0.15)))
    assert "gap" not in failed(candidate(trained, strict, tmp_path / "honest"))
    reasons = failed(candidate(trained, strict, tmp_path / "leaky", leak))
    assert "beyond 0.15 and noise of " in reasons["gap"]
    assert "the model has learned its training rows by heart, or a feature is known" in reasons["gap"]
    assert "single_feature" not in reasons, "the audit looks at validation rows, where the feature knows nothing"


def test_too_few_labels_stop_a_candidate(trained: Trained, fraud: UseCase, tmp_path: Path) -> None:
    def forget(name: str, frame: pd.DataFrame) -> pd.DataFrame:
        kept = frame["label"].cumsum() <= 4
        return frame.assign(label=frame["label"].where(kept, 0)) if name == "test" else frame

    reasons = failed(candidate(trained, fraud, tmp_path, forget))
    assert reasons["positives"].startswith("the test rows hold 4 positives, fewer than 10: wait for more labels")


def test_a_constant_candidate_is_stopped(trained: Trained, fraud: UseCase, tmp_path: Path) -> None:
    reasons = failed(candidate(trained, fraud, tmp_path, gamma=1e9))
    assert reasons["varies"] == "the model is constant: it gives every test row the same score"


def with_facet(usecase: UseCase, **changes: Any) -> UseCase:
    facet = Facet(**{"field": "is_night", "at_least": 2.0, "favourable": 1, "minimum_rows": 50, **changes})
    return replace(usecase, model=replace(usecase.model, facets=(facet,)))


def test_a_candidate_that_treats_a_group_worse_is_stopped(trained: Trained, fraud: UseCase, tmp_path: Path) -> None:
    def favour(_: str, frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(label=((frame["label"] == 1) | (frame["is_night"] < 1)).astype("int8"))

    found = candidate(trained, with_facet(fraud), tmp_path, favour)
    assert "DI for is_night >= 2 has the 95 % interval" in failed(found)["bias_is_night_DI"]
    assert "beyond 0.8 to 1.25" in failed(found)["bias_is_night_DI"]
    assert found["bias"]["headrace"]["facets"][0]["metrics"]["DPL"] > 0.2


def test_a_group_with_few_rows_gets_no_verdict(trained: Trained, fraud: UseCase, tmp_path: Path) -> None:
    found = candidate(trained, with_facet(fraud, minimum_rows=100_000), tmp_path)
    (verdict,) = [it for it in found["gates"]["gates"] if it["name"] == "bias_is_night_DI"]
    assert verdict["passed"]
    assert verdict["reason"].endswith("too few rows for a verdict")


def test_labels_of_groups_are_those_of_the_training_rows(trained: Trained, fraud: UseCase, tmp_path: Path) -> None:
    found = candidate(trained, with_facet(fraud), tmp_path)["bias"]
    frame = pd.read_parquet(trained.splits / "train")
    night = frame["is_night"] >= 2
    imbalance = ((~night).sum() - night.sum()) / len(frame)
    metrics = found["headrace"]["facets"][0]["metrics"]
    assert metrics["CI"] == pytest.approx(imbalance, abs=1e-6)
    assert metrics["DPL"] == pytest.approx(frame["label"][~night].mean() - frame["label"][night].mean(), abs=1e-6)


@pytest.fixture(scope="session")
def champion(trained: Trained, fraud: UseCase, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of sixty rounds, in a folder of its own."""
    folder = tmp_path_factory.mktemp("champion")
    candidate(trained, fraud, folder, num_round=60)
    return folder


def test_a_floor_does_not_keep_a_champion_that_is_below_it_as_well(
    champion: Path, trained: Trained, fraud: UseCase, tmp_path: Path
) -> None:
    found = judged(fraud, champion, champion=champion / "model", floors={"average_precision": 0.999})
    (floor,) = [it for it in found["gates"]["gates"] if it["name"] == "floor_average_precision"]
    assert floor["passed"], "on the same rows the champion has the same figure"
    assert "so is the champion with" in floor["reason"]
    candidate(trained, fraud, tmp_path, num_round=1, max_depth=1)
    worse = judged(fraud, tmp_path, champion=champion / "model", floors={"average_precision": 0.999})
    assert list(failed(worse)) == ["champion"]


def test_a_challenger_that_is_worse_than_the_champion_is_stopped(
    champion: Path, trained: Trained, fraud: UseCase, tmp_path: Path
) -> None:
    candidate(trained, fraud, tmp_path, num_round=1, max_depth=1)
    found = judged(fraud, tmp_path, champion=champion / "model")
    figures = found["evaluation"]["headrace"]["champion"]["metrics"]["average_precision"]
    assert figures["difference"] == pytest.approx(figures["challenger"] - figures["champion"], abs=2e-6)
    assert figures["interval"][0] <= figures["at_least"] < figures["difference"] < 0
    surer = replace(fraud, model=replace(fraud.model, limits=Limits(confidence=0.999)))
    again = judged(surer, tmp_path, champion=champion / "model")["evaluation"]["headrace"]["champion"]
    assert again["metrics"]["average_precision"]["at_least"] < figures["at_least"]
    assert "the champion candidate has" in failed(found)["champion"]
    assert f"may be worse by {-figures['at_least']:.4f} with 95% confidence" in failed(found)["champion"]


def test_the_champion_against_itself_is_no_worse(champion: Path, fraud: UseCase) -> None:
    found = judged(fraud, champion, champion=champion / "model")
    comparison = found["evaluation"]["headrace"]["champion"]
    assert "champion" not in failed(found)
    assert all(it["interval"] == [0, 0] for it in comparison["metrics"].values())
    assert comparison["costs"][0] == comparison["costs"][1]


def test_a_margin_decides_how_much_worse_is_too_much(
    champion: Path, trained: Trained, fraud: UseCase, tmp_path: Path
) -> None:
    candidate(trained, fraud, tmp_path, num_round=1, max_depth=1)
    lenient = replace(fraud, model=replace(fraud.model, limits=Limits(worse_than_champion=1.0)))
    assert "champion" not in failed(judged(lenient, tmp_path, champion=champion / "model"))


def changed_champion(champion: Path, folder: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    shutil.copytree(champion / "model", folder / "other")
    about = json.loads((folder / "other" / "headrace.json").read_text())
    change(about)
    for part in ("", "judged"):
        (folder / "other" / part / "headrace.json").write_text(json.dumps(about))
    return folder / "other"


@pytest.mark.parametrize(("deviation", "passed"), [(0.04, True), (0.02, False)])
def test_a_gap_counts_only_beyond_the_noise_of_the_validation_rows(
    champion: Path, fraud: UseCase, tmp_path: Path, *, deviation: float, passed: bool
) -> None:
    """A gap of .3 with a limit of .25: at 95 % confidence the noise is 1.645 deviations, .066 or .033."""

    def apart(about: dict[str, Any]) -> None:
        for split, value in (("train", 0.9), ("validation", 0.6)):
            about["metrics"][split]["average_precision"] = value
        about["deviations"]["average_precision"] = deviation

    other, limits = changed_champion(champion, tmp_path, apart), Limits(gap=0.25)
    usecase = replace(fraud, model=replace(fraud.model, limits=limits))
    found = evaluate.evaluate(usecase, other, champion / "test", resamples=20, seed=7)
    assert ("gap" not in failed(found)) is passed


def test_only_rows_later_than_what_both_have_learned_from_are_compared(
    champion: Path, fraud: UseCase, tmp_path: Path
) -> None:
    times = pd.read_parquet(champion / "test")["timestamp"]
    until = pd.Timestamp(times.min() + 3 * DAY, unit="s")

    def younger(about: dict[str, Any]) -> None:
        about["data"]["validation"]["last"] = until.strftime("%Y-%m-%dT%H:%M:%SZ")

    other = changed_champion(champion, tmp_path, younger)
    comparison = judged(fraud, champion, champion=other)["evaluation"]["headrace"]["champion"]
    assert comparison["rows"] == (times > until.timestamp()).sum() < len(times)


def test_rows_of_dealt_entities_are_compared_though_the_challenger_has_learned_from_others_of_their_time(
    champion: Path, fraud: UseCase, tmp_path: Path
) -> None:
    times = pd.read_parquet(champion / "test")["timestamp"]
    newest = pd.Timestamp(times.max(), unit="s").strftime("%Y-%m-%dT%H:%M:%SZ")
    younger = changed_champion(champion, tmp_path, lambda about: about["data"]["validation"].update(last=newest))
    compared = {}
    for split in ("time", "stratified"):
        (tmp_path / split).mkdir()
        (tmp_path / split / "data_manifest.json").write_text(json.dumps({"split": split}))
        given = Evidence(champion=champion / "model", manifest=tmp_path / split)
        found = evaluate.evaluate(fraud, younger, champion / "test", resamples=20, seed=7, evidence=given)
        compared[split] = found["evaluation"]["headrace"]["champion"].get("rows")
    assert compared == {"time": None, "stratified": len(times)}


def verdict_next_to(champion: Path, usecase: UseCase, other: Path) -> dict[str, Any]:
    """The gate of a candidate next to a champion in that folder."""
    gates = judged(usecase, champion, champion=other)["gates"]["gates"]
    (verdict,) = [it for it in gates if it["name"] == "champion"]
    return dict(verdict)


def test_a_champion_whose_features_are_gone_does_not_stop_a_candidate(
    champion: Path, fraud: UseCase, tmp_path: Path
) -> None:
    other = changed_champion(champion, tmp_path, lambda about: about.update(features=["amount", "shoe_size"]))
    verdict = verdict_next_to(champion, fraud, other)
    assert verdict["passed"]
    assert "asks for shoe_size" in verdict["reason"]


def test_a_candidate_of_rows_that_the_champion_has_learned_from_is_stopped(
    champion: Path, fraud: UseCase, tmp_path: Path
) -> None:
    """Nothing shows that it is not worse: a stale training set must not replace a model of newer rows."""
    last = "2030-01-01T00:00:00Z"
    other = changed_champion(champion, tmp_path, lambda about: about["data"]["validation"].update(last=last))
    verdict = verdict_next_to(champion, fraud, other)
    assert not verdict["passed"]
    assert "0 rows with 0 positives are new to both, and 10 positives are needed: give newer" in verdict["reason"]


def test_a_champion_is_not_compared_on_fewer_positives_than_judge_a_model(
    champion: Path, fraud: UseCase, tmp_path: Path
) -> None:
    rows = pd.read_parquet(champion / "test")
    until = pd.Timestamp(rows.loc[rows["label"] == 1, "timestamp"].nlargest(4).min(), unit="s")

    def younger(about: dict[str, Any]) -> None:
        about["data"]["validation"]["last"] = until.strftime("%Y-%m-%dT%H:%M:%SZ")

    found = judged(fraud, champion, champion=changed_champion(champion, tmp_path, younger))
    assert "with 3 positives are new to both" in failed(found)["champion"]
    few = replace(fraud, model=replace(fraud.model, limits=Limits(positives=3)))
    assert "champion" not in failed(judged(few, champion, champion=tmp_path / "other"))


@pytest.mark.parametrize("made", [True, False])
def test_without_a_champion_there_is_no_comparison(made: bool, champion: Path, fraud: UseCase, tmp_path: Path) -> None:
    if made:
        (tmp_path / "none").mkdir()
    found = judged(fraud, champion, champion=tmp_path / "none")
    assert found["evaluation"]["headrace"]["champion"] is None
    assert "champion" not in {it["name"] for it in found["gates"]["gates"]}


def test_scores_that_wander_stop_a_model_without_labels(trained: Trained, fraud: UseCase, tmp_path: Path) -> None:
    model = Model(algorithm="isolation_forest", transforms=(Transform(function="impute"),), labelled=False)
    usecase = replace(fraud, model=model)

    def wander(name: str, frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(amount=frame["amount"] + 30) if name == "test" else frame

    for name in NAMES:
        (tmp_path / name).mkdir()
        wander(name, pd.read_parquet(trained.splits / name)).to_parquet(tmp_path / name / "part.parquet")
    places = train.Places(
        train=tmp_path / "train",
        validation=tmp_path / "validation",
        all=tmp_path / "all",
        model=tmp_path / "model",
        checkpoint=tmp_path / "c",
    )
    train.train(usecase, {}, "candidate", places)
    found = judged(usecase, tmp_path, validation=tmp_path / "validation")
    assert "apart (Kolmogorov-Smirnov), beyond 0.2" in failed(found)["score_shift"]
    assert "binary_classification_metrics" not in found["evaluation"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--floor", "auc=0.9"], "--floor auc: fraud has no such gate; use one of average_precision"),
        (["--floor", "average_precision=high"], "--floor average_precision=high: give a number"),
        (["--floor", "0.9"], "--floor 0.9: write NAME=VALUE"),
        (["--lineage", "=x"], "--lineage =x: write NAME=VALUE"),
    ],
)
def test_a_wrong_argument_is_named(arguments: list[str], reason: str, trained: Trained, tmp_path: Path) -> None:
    places = ["--model", str(trained.model), "--test", str(trained.splits / "test"), "--output", str(tmp_path / "out")]
    message = tmp_path / "message"
    assert evaluate.main(["--usecase", "fraud", *places, "--reason-file", str(message), *arguments]) == 1
    assert message.read_text() == reason
