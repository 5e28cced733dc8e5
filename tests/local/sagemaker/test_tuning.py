"""A search for hyperparameters: candidates are really trained, and the best of them is judged and registered."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from memory_platform import MemoryPlatform
from retraining_runs import quick, rendered, stored, training_rows
from scenarios import Runner
from typer.testing import CliRunner

import cli.train
import usecases
from cli.main import app
from headrace.usecase import Between, OneOf, Tuning, UseCase
from local.sagemaker.candidates import candidates
from local.sagemaker.errors import ServiceError
from local.sagemaker.service import SageMaker

RANGES = {"max_depth": Between(1, 8), "eta": Between(0.001, 0.3), "grow_policy": OneOf(("depthwise", "lossguide"))}


def searching(ranges: dict[str, Between | OneOf], many: int, **changes: Any) -> UseCase:
    usecase = quick(usecases.load("fraud"))
    tuning = Tuning(ranges=ranges, max_jobs=many, max_parallel=1, **changes)
    return replace(usecase, model=replace(usecase.model, tuning=tuning))


def listed(sagemaker: SageMaker, step: dict[str, Any]) -> list[dict[str, Any]]:
    """The candidates of a search, in the order in which they were trained."""
    name = step["Metadata"]["TuningJob"]["Arn"].rpartition("/")[2]
    request = {"HyperParameterTuningJobName": name, "SortOrder": "Ascending"}
    found: list[dict[str, Any]] = sagemaker.call("ListTrainingJobsForHyperParameterTuningJob", request)[
        "TrainingJobSummaries"
    ]
    return found


def value(candidate: dict[str, Any]) -> float:
    return float(candidate["FinalHyperParameterTuningJobObjectiveMetric"]["Value"])


def test_three_candidates_are_trained_and_the_best_one_is_registered(
    runner: Runner, sagemaker: SageMaker, platform: MemoryPlatform, tmp_path: Path
) -> None:
    usecase = searching(RANGES, 3)
    text = rendered(usecase, platform, tmp_path / "code", spot=True)
    ended = runner.run(text, **stored(platform, training_rows(usecase), "run-1"))
    assert ended["PipelineExecutionStatus"] == "Succeeded", ended.get("FailureReason")
    assert list(reversed(ended["steps"])) == ["Preprocess", "Tune", "Evaluate", "CheckGates", "Baseline", "Register"]

    found = listed(sagemaker, ended["steps"]["Tune"])
    assert len({json.dumps(it["TunedHyperParameters"]) for it in found}) == 3
    assert len({value(it) for it in found}) > 1, "a search whose candidates are all alike proves nothing"
    for it in found:
        job = sagemaker.call("DescribeTrainingJob", {"TrainingJobName": it["TrainingJobName"]})
        assert it["TunedHyperParameters"].items() <= job["HyperParameters"].items()
        assert job["HyperParameters"]["num_round"] == "30"
    best = max(found, key=value)
    package = ended["steps"]["Register"]["Metadata"]["RegisterModel"]["Arn"]
    registered = sagemaker.call("DescribeModelPackage", {"ModelPackageName": package})
    assert registered["CustomerMetadataProperties"]["model_version"] == best["TrainingJobName"]
    (container,) = registered["InferenceSpecification"]["Containers"]
    assert container["ModelDataUrl"] == f"s3://lake/models/tuned/{best['TrainingJobName']}/output/model.tar.gz"
    assert container["ModelDataUrl"] in platform.s3.stored
    name = ended["steps"]["Tune"]["Metadata"]["TuningJob"]["Arn"].rpartition("/")[2]
    searched = sagemaker.call("DescribeHyperParameterTuningJob", {"HyperParameterTuningJobName": name})
    assert searched["BestTrainingJob"]["TrainingJobName"] == best["TrainingJobName"]
    assert searched["TrainingJobStatusCounters"]["Completed"] == 3


def test_the_command_searches_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usecase = searching(RANGES, 2)
    monkeypatch.setattr(cli.train.usecases, "load", lambda _name: usecase)
    training_rows(usecase, rows=2_000).to_parquet(tmp_path / "rows.parquet")
    out = tmp_path / "out"
    done = CliRunner().invoke(app, ["train", "--dataset", str(tmp_path / "rows.parquet"), "--out", str(out), "--json"])
    assert done.exit_code == 0, done.output
    summary = json.loads(done.stdout)
    assert list(summary["seconds"])[:3] == ["Define", "Preprocess", "Tune"]
    assert "candidate 2/2: max_depth=" in done.stderr
    assert (out / "model.tar.gz").is_file()
    assert "-Tune-" in summary["model_version"]


def test_a_candidate_that_fails_is_left_out(
    runner: Runner, sagemaker: SageMaker, platform: MemoryPlatform, tmp_path: Path
) -> None:
    usecase = searching({"max_bin": OneOf((2, 64))}, 5, strategy="grid", metric="auc")
    text = rendered(usecase, platform, tmp_path / "code").replace('"Values": ["2", "64"]', '"Values": ["1", "64"]')
    ended = runner.run(text, **stored(platform, training_rows(usecase), "run-2"))
    assert ended["PipelineExecutionStatus"] == "Succeeded", ended.get("FailureReason")
    bad, good = listed(sagemaker, ended["steps"]["Tune"])
    assert bad["TrainingJobStatus"] == "Failed"
    assert "max_bin is 1" in bad["FailureReason"]
    assert "FinalHyperParameterTuningJobObjectiveMetric" not in bad
    assert good["TrainingJobStatus"] == "Completed"


def test_a_search_without_any_good_candidate_fails_with_every_reason(
    runner: Runner, platform: MemoryPlatform, tmp_path: Path
) -> None:
    usecase = searching({"max_bin": OneOf((2, 64))}, 2, strategy="grid")
    text = rendered(usecase, platform, tmp_path / "code").replace('"Values": ["2", "64"]', '"Values": ["1", "0"]')
    ended = runner.run(text, **stored(platform, training_rows(usecase), "run-3"))
    assert ended["PipelineExecutionStatus"] == "Failed"
    reason = ended["steps"]["Tune"]["FailureReason"]
    assert "No training job succeeded after 2 attempts." in reason
    assert "max_bin is 1:" in reason
    assert "max_bin is 0:" in reason


def test_a_search_that_is_not_there_is_not_found(sagemaker: SageMaker) -> None:
    with pytest.raises(ServiceError, match="not found"):
        sagemaker.call("DescribeHyperParameterTuningJob", {"HyperParameterTuningJobName": "none"})


CONFIG: dict[str, Any] = {
    "Strategy": "Bayesian",
    "RandomSeed": 3,
    "ResourceLimits": {"MaxNumberOfTrainingJobs": 400},
    "ParameterRanges": {
        "IntegerParameterRanges": [{"Name": "depth", "MinValue": "1", "MaxValue": "4", "ScalingType": "Linear"}],
        "ContinuousParameterRanges": [
            {"Name": "rate", "MinValue": "0.001", "MaxValue": "1", "ScalingType": "Logarithmic"},
            {"Name": "wide", "MinValue": "0.001", "MaxValue": "1", "ScalingType": "Auto"},
            {"Name": "plain", "MinValue": "0", "MaxValue": "10", "ScalingType": "Auto"},
            {"Name": "share", "MinValue": "0", "MaxValue": "0.999", "ScalingType": "ReverseLogarithmic"},
        ],
        "CategoricalParameterRanges": [{"Name": "policy", "Values": ["a", "b"]}],
    },
}


def test_draws_depend_on_seed_and_number_only_and_stay_in_their_ranges() -> None:
    drawn = list(candidates(CONFIG))
    assert drawn == list(candidates(CONFIG))
    assert drawn[:5] == list(candidates({**CONFIG, "ResourceLimits": {"MaxNumberOfTrainingJobs": 5}}))
    assert drawn != list(candidates({**CONFIG, "RandomSeed": 4}))
    assert {it["depth"] for it in drawn} == {"1", "2", "3", "4"}
    assert {it["policy"] for it in drawn} == {"a", "b"}
    assert all(0.001 <= float(it["rate"]) <= 1 and 0 <= float(it["share"]) <= 0.999 for it in drawn)


def test_scalings_spread_values_as_they_say() -> None:
    """The middle of many draws: of .001 to 1 it is .03 by logarithm, of 0 to 10 it is 5."""
    drawn = list(candidates(CONFIG))
    middle = {name: sorted(float(it[name]) for it in drawn)[200] for name in ("rate", "wide", "plain", "share")}
    assert 0.02 < middle["rate"] < 0.05
    assert 0.02 < middle["wide"] < 0.05
    assert 4 < middle["plain"] < 6
    assert 0.95 < middle["share"] < 0.98
    shares = [sum(it["depth"] == depth for it in drawn) / len(drawn) for depth in "1234"]
    assert all(0.15 < share < 0.35 for share in shares)
