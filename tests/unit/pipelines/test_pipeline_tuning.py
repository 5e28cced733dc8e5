"""The search for hyperparameters as SageMaker will read it: one step in the place of training, the rest unchanged."""

from dataclasses import replace
from typing import Any

import pytest
from job_runs import MakeDefinition

from headrace.usecase import Between, OneOf, Tuning, UseCase
from pipelines.retraining import expressions
from pipelines.retraining.plan import DefinitionError, Network
from pipelines.retraining.validation import validate

RANGES = {
    "eta": Between(0.01, 0.3, "logarithmic"),
    "max_depth": Between(3, 10),
    "gamma": Between(0, 5, "linear"),
    "grow_policy": OneOf(("depthwise", "lossguide")),
}
BEST = {"Get": "Steps.Tune.TrainingJobSummaries[0].TrainingJobName"}


def searching(usecase: UseCase, **changes: Any) -> UseCase:
    hyperparameters = {"num_round": 200, "eta": 0.1, "max_depth": 6, "seed": 7}
    tuning = Tuning(**{"ranges": RANGES, "max_jobs": 30, "max_parallel": 3, **changes})
    return replace(usecase, model=replace(usecase.model, hyperparameters=hyperparameters, tuning=tuning))


def steps(definition: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {step["Name"]: step for step in expressions.steps(definition)}


@pytest.fixture(scope="module")
def tuned(make_definition: MakeDefinition, fraud: UseCase) -> dict[str, Any]:
    return make_definition(usecase=searching(fraud))


def test_the_search_takes_the_place_of_training_and_nothing_else_moves(
    tuned: dict[str, Any], rendered: dict[str, Any]
) -> None:
    renamed = {"Train": "Tune"}
    assert {name: (it["Type"], expressions.predecessors(it)) for name, it in steps(tuned).items()} == {
        renamed.get(name, name): (
            "Tuning" if name == "Train" else it["Type"],
            {renamed.get(before, before) for before in expressions.predecessors(it)},
        )
        for name, it in steps(rendered).items()
    }


def test_objective_limits_and_ranges_are_pinned(tuned: dict[str, Any]) -> None:
    step = steps(tuned)["Tune"]
    assert step["CacheConfig"] == {"Enabled": True, "ExpireAfter": "30d"}
    assert step["Arguments"]["HyperParameterTuningJobConfig"] == {
        "Strategy": "Bayesian",
        "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "validation:average_precision"},
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 30, "MaxParallelTrainingJobs": 3},
        "TrainingJobEarlyStoppingType": "Off",
        "RandomSeed": 7,
        "ParameterRanges": {
            "ContinuousParameterRanges": [
                {"Name": "eta", "MinValue": "0.01", "MaxValue": "0.3", "ScalingType": "Logarithmic"},
                {"Name": "gamma", "MinValue": "0", "MaxValue": "5", "ScalingType": "Linear"},
            ],
            "IntegerParameterRanges": [{"Name": "max_depth", "MinValue": "3", "MaxValue": "10", "ScalingType": "Auto"}],
            "CategoricalParameterRanges": [{"Name": "grow_policy", "Values": ["depthwise", "lossguide"]}],
        },
    }


def test_a_candidate_is_the_training_job_without_the_hyperparameters_that_are_searched(
    make_definition: MakeDefinition, fraud: UseCase
) -> None:
    network = Network(isolated=True, encrypted=True, subnets=("subnet-1",), security_groups=("sg-1",))
    given = {"usecase": searching(fraud), "spot": True, "network": network}
    once = steps(make_definition(**given, tune=False))["Train"]["Arguments"]
    candidate = steps(make_definition(**given))["Tune"]["Arguments"]["TrainingJobDefinition"]
    static = {name: it for name, it in once["HyperParameters"].items() if name not in RANGES}
    for channel in once["InputDataConfig"]:
        assert channel.pop("InputMode") == candidate["AlgorithmSpecification"]["TrainingInputMode"]  # the default's
    same = once.keys() - {"HyperParameters", "OutputDataConfig"}
    assert candidate["StaticHyperParameters"] == static
    assert {name: candidate[name] for name in same} == {name: once[name] for name in same}
    assert candidate.keys() == same | {"StaticHyperParameters", "OutputDataConfig"}


def test_the_best_candidate_is_judged_described_and_registered(tuned: dict[str, Any]) -> None:
    """Its place must name no execution: a search found in the cache left it where an earlier execution was."""
    found = steps(tuned)
    output = found["Tune"]["Arguments"]["TrainingJobDefinition"]["OutputDataConfig"]
    place = {
        "Std:Join": {"On": "/", "Values": ["s3:/", "${Token[TOKEN.11]}", "models/tuned", BEST, "output/model.tar.gz"]}
    }
    assert output == {"S3OutputPath": "s3://${Token[TOKEN.11]}/models/tuned", "KmsKeyId": "${Token[TOKEN.13]}"}
    for name in ("Evaluate", "Baseline"):
        inputs = {it["InputName"]: it["S3Input"]["S3Uri"] for it in found[name]["Arguments"]["ProcessingInputs"]}
        assert inputs["model"] == place
    package = found["Register"]["Arguments"]
    assert package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"] == place
    assert package["CustomerMetadataProperties"]["model_version"] == BEST


@pytest.mark.parametrize("metric", ["average_precision", "auc", "f1"])
def test_what_is_maximized_is_among_the_figures_that_are_read(
    metric: str, make_definition: MakeDefinition, fraud: UseCase
) -> None:
    arguments = steps(make_definition(usecase=searching(fraud, metric=metric)))["Tune"]["Arguments"]
    definitions = arguments["TrainingJobDefinition"]["AlgorithmSpecification"]["MetricDefinitions"]
    wanted = arguments["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]["MetricName"]
    assert wanted == f"validation:{metric}"
    assert wanted in {it["Name"] for it in definitions}


def test_hyperband_is_told_how_many_rounds_there_are_to_share_out(
    make_definition: MakeDefinition, fraud: UseCase
) -> None:
    usecase = searching(fraud, strategy="hyperband")
    config = steps(make_definition(usecase=usecase))["Tune"]["Arguments"]["HyperParameterTuningJobConfig"]
    assert config["StrategyConfig"] == {"HyperbandStrategyConfig": {"MinResource": 20, "MaxResource": 200}}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda job: job["HyperParameterTuningJobConfig"].update(Strategy="Luck"), "'Luck'"),
        (
            lambda job: job["TrainingJobDefinition"].pop("RoleArn"),
            'Missing required parameter in TrainingJobDefinition: "RoleArn"',
        ),
    ],
)
def test_a_search_that_sagemaker_does_not_know_is_refused(
    change: Any, said: str, make_definition: MakeDefinition, fraud: UseCase
) -> None:
    definition = make_definition(usecase=searching(fraud), role_arn="arn:aws:iam::123456789012:role/jobs")
    validate(definition)
    change(steps(definition)["Tune"]["Arguments"])
    with pytest.raises(DefinitionError, match=said):
        validate(definition)
