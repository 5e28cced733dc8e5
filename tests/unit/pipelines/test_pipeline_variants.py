"""What may be chosen about the pipeline: spot, cache, network, machine; SageMaker's own model passes each variant."""

from itertools import pairwise
from typing import Any

import pytest
from job_runs import MakeDefinition
from rendered_steps import joined

import usecases
from pipelines.retraining import expressions
from pipelines.retraining.plan import CodeLocations, DefinitionError, JobSize, Network
from pipelines.retraining.sizes import MACHINES, most_rows, training_size
from pipelines.retraining.validation import validate

VPC = Network(subnets=("subnet-1", "subnet-2"), security_groups=("sg-1",))
VARIANTS: dict[str, dict[str, Any]] = {
    "on demand": {"spot": False},
    "spot": {"spot": True},
    "never cached": {"cache_for": None},
    "cached for hours": {"cache_for": "T12h"},
    "isolated": {"network": Network(isolated=True)},
    "encrypted": {"network": Network(encrypted=True)},
    "in a VPC": {"network": VPC},
    "everything": {
        "spot": True,
        "network": Network(isolated=True, encrypted=True, subnets=("subnet-1",), security_groups=("sg-1",)),
        "training": training_size(rows=50_000_000, features=60),
    },
}
JOBS = ("Preprocess", "Train", "Evaluate", "Baseline")


def step(definition: dict[str, Any], name: str) -> dict[str, Any]:
    return {it["Name"]: it for it in expressions.steps(definition)}[name]


def arguments(definition: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = step(definition, name)["Arguments"]
    return found


def test_a_package_of_a_use_case_with_facets_carries_what_its_bias_is_held_against(
    make_definition: MakeDefinition,
) -> None:
    definition = make_definition(usecase=usecases.load("loans"), role_arn="arn:aws:iam::123456789012:role/jobs")
    validate(definition)
    package = arguments(definition, "Register")
    report = package["ModelMetrics"]["Bias"]["Report"]
    assert joined(report["S3Uri"]).endswith("/evaluation/bias.json")
    watched = package["DriftCheckBaselines"]["Bias"]
    assert watched == {"PreTrainingConstraints": report, "PostTrainingConstraints": report}


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_is_one_that_sagemaker_takes(name: str, make_definition: MakeDefinition) -> None:
    definition = make_definition(role_arn="arn:aws:iam::123456789012:role/jobs", **VARIANTS[name])
    validate(definition)
    assert [it["Name"] for it in expressions.steps(definition)][-1] == "Fail"


def test_spot_training_waits_and_resumes_from_checkpoints(
    rendered: dict[str, Any], make_definition: MakeDefinition
) -> None:
    on_demand, spot = (arguments(it, "Train") for it in (rendered, make_definition(spot=True)))
    assert "EnableManagedSpotTraining" not in on_demand
    assert spot["EnableManagedSpotTraining"] is True
    condition = spot["StoppingCondition"]
    assert condition["MaxWaitTimeInSeconds"] >= condition["MaxRuntimeInSeconds"]
    assert spot["CheckpointConfig"] == on_demand["CheckpointConfig"]


def test_a_checkpoint_belongs_to_its_data_hyperparameters_and_code(
    rendered: dict[str, Any], make_definition: MakeDefinition, locations: CodeLocations
) -> None:
    def place(definition: dict[str, Any]) -> list[Any]:
        found: list[Any] = arguments(definition, "Train")["CheckpointConfig"]["S3Uri"]["Std:Join"]["Values"]
        return found

    root, data, kind = place(rendered)
    assert root == "s3://${Token[TOKEN.11]}/models/checkpoints"
    assert data == {"Get": "Steps.Preprocess.ProcessingJobName"}
    other = CodeLocations(**{**vars(locations), "sourcedir": locations.sourcedir.replace("6a7b", "ffff")})
    changed = place(make_definition(code=other))
    assert changed[:2] == [root, data]
    assert changed[2] != kind


def test_what_is_cached_names_no_execution_in_what_decides_a_hit(rendered: dict[str, Any]) -> None:
    """Attributes that SageMaker compares, by its documentation; the places of outputs are not among them."""
    deciding = {
        "Preprocess": ("AppSpecification", "Environment", "ProcessingInputs"),
        "Train": ("AlgorithmSpecification", "CheckpointConfig", "Environment", "HyperParameters", "InputDataConfig"),
    }
    for name, members in deciding.items():
        found = arguments(rendered, name)
        named = {it for member in members for it in expressions.references(found[member])}
        assert not {it for it in named if it.startswith("Execution.")}, name
        assert step(rendered, name)["CacheConfig"] == {"Enabled": True, "ExpireAfter": "30d"}


def test_the_version_of_the_data_decides_a_hit(rendered: dict[str, Any]) -> None:
    """A training set may be brought up to date where it lies: its place alone says too little."""
    version = {"Get": "Parameters.DataVersion"}
    assert arguments(rendered, "Preprocess")["Environment"]["DATA_VERSION"] == version
    splits = {
        it["DataSource"]["S3DataSource"]["S3Uri"]["Get"] for it in arguments(rendered, "Train")["InputDataConfig"]
    }
    assert all(it.startswith("Steps.Preprocess.") for it in splits)


def test_judging_is_never_cached(rendered: dict[str, Any], make_definition: MakeDefinition) -> None:
    assert {name for name in JOBS if "CacheConfig" in step(rendered, name)} == {"Preprocess", "Train"}
    uncached = make_definition(cache_for=None)
    assert not [name for name in JOBS if "CacheConfig" in step(uncached, name)]


def test_isolated_training_gets_its_code_by_a_channel(
    rendered: dict[str, Any], make_definition: MakeDefinition, locations: CodeLocations
) -> None:
    train = arguments(make_definition(network=Network(isolated=True)), "Train")
    assert train["EnableNetworkIsolation"] is True
    channels = {it["ChannelName"]: it["DataSource"]["S3DataSource"]["S3Uri"] for it in train["InputDataConfig"]}
    assert channels["code"] == locations.sourcedir
    assert train["HyperParameters"]["sagemaker_submit_directory"] == "/opt/ml/input/data/code/6a7b.tar.gz"
    assert "code" not in {it["ChannelName"] for it in arguments(rendered, "Train")["InputDataConfig"]}


def test_network_settings_reach_every_job(make_definition: MakeDefinition) -> None:
    isolated = make_definition(network=Network(isolated=True, encrypted=True))
    in_vpc = make_definition(network=VPC)
    vpc = {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1", "subnet-2"]}
    for name in JOBS:
        inside, around = (arguments(it, name) for it in (isolated, in_vpc))
        settings = inside if name == "Train" else inside["NetworkConfig"]
        assert settings["EnableNetworkIsolation"] is True
        assert settings["EnableInterContainerTrafficEncryption"] is True
        assert (around if name == "Train" else around["NetworkConfig"])["VpcConfig"] == vpc


def test_subnets_without_security_groups_are_refused() -> None:
    with pytest.raises(DefinitionError, match="give both or neither"):
        Network(subnets=("subnet-1",))


def test_the_machine_is_a_parameter_with_the_chosen_one_as_default(make_definition: MakeDefinition) -> None:
    definition = make_definition(training=JobSize(instance_type="ml.m5.4xlarge"))
    assert arguments(definition, "Train")["ResourceConfig"]["InstanceType"] == {
        "Get": "Parameters.TrainingInstanceType"
    }
    defaults = {it["Name"]: it.get("DefaultValue") for it in definition["Parameters"]}
    assert defaults["TrainingInstanceType"] == "ml.m5.4xlarge"


@pytest.mark.parametrize(
    ("rows", "features", "expected"),
    [
        (1, 1, "ml.m5.xlarge"),
        (5_000_000, 15, "ml.m5.xlarge"),
        (10_000_000, 60, "ml.m5.2xlarge"),
        (25_000_000, 60, "ml.m5.4xlarge"),
        (50_000_000, 60, "ml.m5.12xlarge"),
        (150_000_000, 60, "ml.m5.24xlarge"),
    ],
)
def test_the_machine_grows_with_the_data(rows: int, features: int, expected: str) -> None:
    size = training_size(rows=rows, features=features)
    assert size.instance_type == expected
    assert size.volume_gb >= rows * features * 8 / 1e9


def test_a_machine_is_left_for_the_next_one_at_its_last_row() -> None:
    limits = list(most_rows(features=40).items())
    for (name, most), (following, _) in pairwise(limits):
        assert training_size(rows=most, features=40).instance_type == name
        assert training_size(rows=most + 1, features=40).instance_type == following


def test_more_data_never_gets_a_smaller_machine() -> None:
    names = [name for name, _ in MACHINES]
    chosen = [names.index(training_size(rows=rows * 1_000_000, features=50).instance_type) for rows in range(1, 180)]
    assert chosen == sorted(chosen)


@pytest.mark.parametrize(("rows", "features", "said"), [(0, 5, "from 1"), (5, 0, "from 1"), (10**9, 60, "shorten")])
def test_a_size_that_no_machine_has_is_refused(rows: int, features: int, said: str) -> None:
    with pytest.raises(DefinitionError, match=said):
        training_size(rows=rows, features=features)
