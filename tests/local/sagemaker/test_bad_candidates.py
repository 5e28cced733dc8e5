"""A bad candidate never registers: the real definition and the real scripts, one bad candidate per test.

One good model is registered first; then all bad candidates train at the same time, because most of a job is its start.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from memory_platform import MemoryPlatform
from retraining_runs import DAY, RISK, quick, rendered, stored, training_rows, with_facet
from scenarios import Runner

import usecases
from headrace.usecase import UseCase
from local.sagemaker.service import SageMaker

ROWS = 2_500
LEAK = "customer_count_30d"


@dataclass(frozen=True, kw_only=True)
class Runs:
    """The executions that were started, by what is bad about each, and the one that is good."""

    runner: Runner
    good: dict[str, Any]
    started: dict[str, str]

    def refusal(self, name: str) -> str:
        """Why a candidate was refused; none of its steps may be a registration."""
        ended = self.runner.finish(self.started[name])
        assert ended["PipelineExecutionStatus"] == "Failed", name
        assert not {"Register", "Baseline"} & ended["steps"].keys()
        assert ended["steps"]["CheckGates"]["Metadata"]["Condition"]["Outcome"] == "False"
        return str(ended["steps"]["Fail"]["FailureReason"])


@pytest.fixture(scope="module")
def usecase() -> UseCase:
    return quick(usecases.load("fraud"))


@pytest.fixture(scope="module")
def runs(usecase: UseCase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    folder = tmp_path_factory.mktemp("bad candidates")
    (folder / "work").mkdir()
    platform = MemoryPlatform(folder / "work")
    sagemaker = SageMaker(platform)
    try:
        runner, rows = Runner(sagemaker), training_rows(usecase, rows=ROWS)
        plain = rendered(usecase, platform, folder / "plain")
        good = runner.run(plain, **stored(platform, rows, "good"))
        champion = artifact(sagemaker, good)
        weak = rendered(changed(usecase, num_round=1, max_depth=1, eta=0.01), platform, folder / "weak")
        constant = rendered(changed(usecase, min_child_weight=1e9), platform, folder / "constant")
        few = rendered(usecase, platform, folder / "few", preprocess_options={"minimum-positives": "3"})
        # Otherwise early stopping finds the trees that happen not to see the leak.
        every_column = rendered(changed(usecase, colsample_bytree=1), platform, folder / "every column")
        (folder / "checkout").mkdir()
        root = with_facet(folder / "checkout", 'Facet(field="is_night", at_least=0.5, minimum_rows=50)')
        facet = rendered(usecase, platform, folder / "facet", root=root)
        started = {
            "worse": runner.start(weak, **stored(platform, rows, "worse"), ChampionModel=champion),
            "gap": runner.start(every_column, **stored(platform, known_in_training_only(rows), "gap")),
            "leak": runner.start(plain, **stored(platform, known_always(rows), "leak")),
            "few": runner.start(few, **stored(platform, few_positives(rows), "few")),
            "biased": runner.start(facet, **stored(platform, harder_at_night(rows), "biased")),
            "constant": runner.start(constant, **stored(platform, rows, "constant")),
        }
        yield Runs(runner=runner, good=good, started=started)
    finally:
        sagemaker.close()


def changed(usecase: UseCase, **hyperparameters: float) -> UseCase:
    return quick(usecase, hyperparameters={**usecase.model.hyperparameters, **hyperparameters})


def artifact(sagemaker: SageMaker, ended: dict[str, Any]) -> str:
    """Where the model of an execution is."""
    package = ended["steps"]["Register"]["Metadata"]["RegisterModel"]["Arn"]
    described = sagemaker.call("DescribeModelPackage", {"ModelPackageName": package})
    return str(described["InferenceSpecification"]["Containers"][0]["ModelDataUrl"])


def known_in_training_only(rows: pd.DataFrame) -> pd.DataFrame:
    """A feature that tells the truth about old events and nothing about new ones, as one computed too late does."""
    early = rows["timestamp"] < rows["timestamp"].min() + 76 * DAY
    guess = np.random.default_rng(1).integers(0, 2, len(rows))
    return rows.assign(**{LEAK: np.where(early, rows["label"], guess).astype(float)})


def known_always(rows: pd.DataFrame) -> pd.DataFrame:
    """A feature that is the label in disguise."""
    noise = np.random.default_rng(1).random(len(rows))
    return rows.assign(**{LEAK: rows["label"] + 0.5 * noise})


def few_positives(rows: pd.DataFrame) -> pd.DataFrame:
    """Enough positives for a pipeline that was told to cut splits with three, too few among the newest to judge by."""
    newest = rows["timestamp"] > rows["timestamp"].max() - 14 * DAY
    positives = rows.index[newest & (rows["label"] == 1)]
    return rows.drop(positives[:-6])


def harder_at_night(rows: pd.DataFrame) -> pd.DataFrame:
    """Nearly half of the events at night are positive, hardly any by day."""
    rng = np.random.default_rng(1)
    night = rng.random(len(rows)) < 0.4
    risk = rows["amount"] / 80 + 3 * rows[RISK] + rng.normal(0, 0.3, len(rows))
    label = (risk > np.where(night, risk.quantile(0.55), risk.quantile(0.95))).astype("int8")
    return rows.assign(is_night=night.astype(float), label=label)


def test_the_good_model_registers(runs: Runs) -> None:
    """The control: what refuses the others is what is bad about them."""
    assert runs.good["PipelineExecutionStatus"] == "Succeeded", runs.good.get("FailureReason")
    assert "Register" in runs.good["steps"]


def test_a_model_worse_than_the_champion_is_refused(runs: Runs) -> None:
    reason = runs.refusal("worse")
    assert "the champion pipelines-" in reason
    assert "may be worse by" in reason


def test_a_leak_into_training_rows_is_found_by_the_gap(runs: Runs) -> None:
    reason = runs.refusal("gap")
    assert "a feature is known only for them" in reason


def test_a_leak_of_the_truth_is_found_by_the_audit_of_single_features(runs: Runs) -> None:
    reason = runs.refusal("leak")
    assert f"{LEAK} alone ranks validation rows" in reason
    assert "it looks like a leak of the truth" in reason


def test_a_model_that_too_few_labels_judge_is_refused(runs: Runs) -> None:
    reason = runs.refusal("few")
    assert "positives, fewer than 10: wait for more labels" in reason


def test_a_biased_model_is_refused(runs: Runs) -> None:
    reason = runs.refusal("biased")
    assert "is_night >= 0.5" in reason
    assert "beyond 0.8 to 1.25" in reason


def test_a_constant_model_is_refused(runs: Runs) -> None:
    assert "the model is constant" in runs.refusal("constant")
