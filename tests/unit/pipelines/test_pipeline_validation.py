"""What SageMaker would reject or could not run fails the synth, naming the step."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from pipelines.retraining.plan import DefinitionError
from pipelines.retraining.validation import validate

Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def right(rendered: dict[str, Any]) -> dict[str, Any]:
    """A definition of one's own to change, with a role where a stack leaves a token for CloudFormation."""
    definition: dict[str, Any] = json.loads(
        json.dumps(rendered).replace("${Token[TOKEN.12]}", "arn:aws:iam::1:role/jobs")
    )
    return definition


def step(definition: dict[str, Any], index: int) -> dict[str, Any]:
    arguments: dict[str, Any] = definition["Steps"][index]["Arguments"]
    return arguments


def first_input(definition: dict[str, Any]) -> dict[str, Any]:
    source: dict[str, Any] = step(definition, 0)["ProcessingInputs"][0]["S3Input"]
    return source


def package(definition: dict[str, Any]) -> dict[str, Any]:
    arguments: dict[str, Any] = step(definition, 3)["IfSteps"][1]["Arguments"]
    return arguments


def reason(definition: dict[str, Any]) -> dict[str, Any]:
    message = step(definition, 3)["ElseSteps"][0]["Arguments"]["ErrorMessage"]
    reading: dict[str, Any] = message["Std:Join"]["Values"][1]["Std:JsonGet"]
    return reading


def test_the_rendered_definition_is_right(right: dict[str, Any]) -> None:
    validate(right)


WRONG: dict[str, tuple[Change, str]] = {
    "a misspelt member of training": (
        lambda d: step(d, 1).update(EnableManagedSpotTrainin=True),
        'step Train: Unknown parameter in input: "EnableManagedSpotTrainin"',
    ),
    "a text for a number": (
        lambda d: step(d, 1)["ResourceConfig"].update(InstanceCount="1"),
        "step Train: Invalid type for parameter ResourceConfig.InstanceCount",
    ),
    "a missing member of processing": (
        lambda d: step(d, 0).pop("RoleArn"),
        'step Preprocess: Missing required parameter in input: "RoleArn"',
    ),
    "an unknown instance type": (
        lambda d: step(d, 0)["ProcessingResources"]["ClusterConfig"].update(InstanceType="ml.m5.huge"),
        "step Preprocess: .ProcessingResources.ClusterConfig.InstanceType is 'ml.m5.huge'",
    ),
    "an unknown input mode": (
        lambda d: step(d, 1)["InputDataConfig"][0].update(InputMode="Files"),
        "step Train: .InputDataConfig[0].InputMode is 'Files'",
    ),
    "a wrong member of the package": (
        lambda d: package(d)["InferenceSpecification"].update(ContentTypes=["text/csv"]),
        'step Register: Unknown parameter in InferenceSpecification: "ContentTypes"',
    ),
    "a null": (
        lambda d: package(d).update(ModelPackageDescription=None),
        "step Register: Invalid type for parameter ModelPackageDescription",
    ),
    "a parameter that is not declared": (
        lambda d: first_input(d).update(S3Uri={"Get": "Parameters.Nope"}),
        "step Preprocess: Parameters.Nope leads nowhere",
    ),
    "an unknown variable of the execution": (
        lambda d: first_input(d).update(S3Uri={"Get": "Execution.Id"}),
        "step Preprocess: Execution.Id leads nowhere",
    ),
    "a step that is not there": (
        lambda d: first_input(d).update(S3Uri={"Get": "Steps.Prepare.ProcessingJobArn"}),
        "step Preprocess: Steps.Prepare.ProcessingJobArn leads nowhere",
    ),
    "an output that is not there": (
        lambda d: d["Steps"][0]["Arguments"]["ProcessingOutputConfig"]["Outputs"].pop(0),
        "Steps.Preprocess.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri is not a property of step Preprocess",
    ),
    "a property that the answer does not have": (
        lambda d: step(d, 2)["ProcessingInputs"][0]["S3Input"].update(S3Uri={"Get": "Steps.Train.ModelArtifact.S3"}),
        "step Evaluate: Steps.Train.ModelArtifact.S3 is not a property of step Train",
    ),
    "a property of a condition": (
        lambda d: first_input(d).update(S3Uri={"Get": "Steps.CheckGates.Outcome"}),
        "Steps.CheckGates.Outcome is not a property of step CheckGates",
    ),
    "a property file that is not declared": (
        lambda d: d["Steps"][2].pop("PropertyFiles"),
        "step CheckGates: Steps.Evaluate.PropertyFiles.Gates is not a property of step Evaluate",
    ),
    "a property file in an output that is not there": (
        lambda d: d["Steps"][2]["PropertyFiles"][0].update(OutputName="report"),
        "step Evaluate: property file Gates is in the output report",
    ),
    "a property file that is not there, read by the failure": (
        lambda d: reason(d).update(PropertyFile={"Get": "Steps.Evaluate.PropertyFiles.Reasons"}),
        "step Fail: Steps.Evaluate.PropertyFiles.Reasons is not a property of step Evaluate",
    ),
    "a reading that names no property file": (
        lambda d: reason(d).pop("PropertyFile"),
        "step Fail: a reading of 'reason' names no property file",
    ),
    "a reading without a path": (
        lambda d: reason(d).pop("Path"),
        "step Fail: a reading of Steps.Evaluate.PropertyFiles.Gates has no path",
    ),
    "a failure without a message": (
        lambda d: step(d, 3)["ElseSteps"][0]["Arguments"].clear(),
        "step Fail: it needs an ErrorMessage and nothing else",
    ),
    "an expiry that is no duration": (
        lambda d: d["Steps"][0]["CacheConfig"].update(ExpireAfter="a month"),
        "step Preprocess: CacheConfig.ExpireAfter is 'a month'",
    ),
    "a cached failure": (
        lambda d: step(d, 3)["ElseSteps"][0].update(CacheConfig={"Enabled": True, "ExpireAfter": "30d"}),
        "step Fail: a Fail step cannot be cached",
    ),
    "a dependency on a step that is not there": (
        lambda d: d["Steps"][1].update(DependsOn=["Prepare"]),
        "step Train: it depends on Prepare",
    ),
    "steps that wait for each other": (
        lambda d: d["Steps"][0].update(DependsOn=["Evaluate"]),
        "steps wait for each other",
    ),
    "a step's name given twice": (
        lambda d: d["Steps"][0].update(Name="Train"),
        "step Train is there 2 times",
    ),
    "a name that SageMaker does not take": (
        lambda d: d["Parameters"][0].update(Name="Input_Data"),
        "parameter 'Input_Data' is not a name",
    ),
    "a parameter's type": (
        lambda d: d["Parameters"][0].update(Type="Text"),
        "parameter InputData has the unknown type Text",
    ),
    "a member of the definition": (
        lambda d: d.update(MlflowConfig=None),
        "unknown members MlflowConfig",
    ),
    "another version": (
        lambda d: d.update(Version="2019-12-01"),
        "the version is not 2020-12-01",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_definition_is_refused(name: str, right: dict[str, Any]) -> None:
    change, problem = WRONG[name]
    change(right)
    with pytest.raises(DefinitionError) as refused:
        validate(right)
    assert problem in str(refused.value)


def test_every_problem_is_named_at_once(right: dict[str, Any]) -> None:
    step(right, 1)["ResourceConfig"]["InstanceCount"] = "1"
    first_input(right)["S3Uri"] = {"Get": "Parameters.Nope"}
    with pytest.raises(DefinitionError) as refused:
        validate(right)
    assert {"step Train", "step Preprocess"} <= {line[2:].partition(":")[0] for line in str(refused.value).splitlines()}
