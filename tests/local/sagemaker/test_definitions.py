"""Definitions that could not run are refused when they arrive; conditions and expressions mean what AWS means."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from memory_platform import BUCKET
from step_requests import definition, processing_step, training_step

from local.sagemaker.definition import needed_steps, parse
from local.sagemaker.errors import JobFailedError, ServiceError
from local.sagemaker.expressions import Scope

CODE = f"s3://{BUCKET}/code/script.py"


def scope(**more: Any) -> Scope:
    values: dict[str, Any] = {
        "parameters": {"Limit": 0.5, "Name": "fraud", "On": True},
        "execution": {"PipelineExecutionId": "abc"},
        "read_json": lambda uri: {"uri": uri},
    }
    return Scope(**{**values, **more})


def condition(kind: str, left: Any, right: Any) -> dict[str, Any]:
    return {"Type": kind, "LeftValue": left, "RightValue": right}


@pytest.mark.parametrize(
    ("tested", "holds"),
    [
        (condition("Equals", "a", "a"), True),
        (condition("Equals", "a", "b"), False),
        (condition("GreaterThan", 2, 1), True),
        (condition("GreaterThan", 1, 1), False),
        (condition("GreaterThanOrEqualTo", 1, 1), True),
        (condition("LessThan", 1, {"Get": "Parameters.Limit"}), False),
        (condition("LessThanOrEqualTo", 0.5, {"Get": "Parameters.Limit"}), True),
        ({"Type": "In", "QueryValue": {"Get": "Parameters.Name"}, "Values": ["churn", "fraud"]}, True),
        ({"Type": "In", "QueryValue": "x", "Values": ["churn", "fraud"]}, False),
        ({"Type": "Not", "Condition": condition("Equals", 1, 1)}, False),
        ({"Type": "Or", "Conditions": [condition("Equals", 1, 2), condition("Equals", 1, 1)]}, True),
        ({"Type": "Or", "Conditions": [condition("Equals", 1, 2)]}, False),
    ],
)
def test_a_condition_holds_or_not(tested: dict[str, Any], holds: bool) -> None:
    assert scope().holds(tested) is holds


def test_a_condition_that_cannot_be_judged_fails() -> None:
    with pytest.raises(JobFailedError, match="GreaterThan cannot compare 'high' with 1"):
        scope().holds(condition("GreaterThan", "high", 1))


def test_expressions_reach_into_the_answers_of_earlier_steps() -> None:
    known = scope()
    known.properties["Train"] = {"ModelArtifacts": {"S3ModelArtifacts": "s3://b/m"}, "List": [{"A": 1}, {"A": 2}]}
    known.properties["Prep"] = {
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "test", "S3Output": {"S3Uri": "s3://b/t"}}]}
    }
    known.property_files["Eval", "Report"] = {"auc": {"value": 0.9}, "many": [1, 2]}
    value = {
        "model": {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"},
        "second": {"Get": "Steps.Train.List[1].A"},
        "test": {"Get": "Steps.Prep.ProcessingOutputConfig.Outputs['test'].S3Output.S3Uri"},
        "joined": {
            "Std:Join": {
                "On": "-",
                "Values": ["run", {"Get": "Execution.PipelineExecutionId"}, {"Get": "Parameters.On"}],
            }
        },
        "auc": {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.Eval.PropertyFiles.Report"}, "Path": "auc.value"}},
        "remote": {"Std:JsonGet": {"S3Uri": "s3://b/x.json", "Path": "uri"}},
    }
    assert known.resolve(value) == {
        "model": "s3://b/m", "second": 2, "test": "s3://b/t", "joined": "run-abc-true", "auc": 0.9, "remote": "s3://b/x.json",
    }  # fmt: skip
    many = {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.Eval.PropertyFiles.Report"}, "Path": "many[*]"}}
    with pytest.raises(JobFailedError, match="matches 2 values"):
        known.resolve(many)
    with pytest.raises(JobFailedError, match=r"Steps\.Train\.Nothing has no value"):
        known.resolve({"Get": "Steps.Train.Nothing"})


def change(path: list[str], value: Any) -> Callable[[dict[str, Any]], None]:
    def apply(step: dict[str, Any]) -> None:
        for name in path[:-1]:
            step = step[name]
        step[path[-1]] = value

    return apply


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            change(["Arguments", "EnableManagedSpotTrainin"], True),
            "Unknown parameter in input: 'enableManagedSpotTrainin'",
        ),
        (
            change(["Arguments", "ResourceConfig", "InstanceCount"], "1"),
            "STRING_VALUE cannot be converted to integer at 'resourceConfig.instanceCount'",
        ),
        (change(["Arguments", "RoleArn"], {"Get": "Parameters.Role"}), "unknown parameter Role"),
        (change(["Arguments", "RoleArn"], {"Get": "Steps.Nobody.Arn"}), "unknown step Nobody"),
        (change(["Arguments", "RoleArn"], {"Get": "Pipeline.Role"}), "neither Parameters, Steps nor Execution"),
        (change(["DependsOn"], ["Nobody"]), "depends on the unknown step Nobody"),
        (change(["DependsOn"], ["Train"]), "steps Train wait for each other"),
        (change(["Type"], "Transform"), "has type Transform, which does not run locally"),
    ],
)
def test_a_definition_that_cannot_run_is_refused(spoil: Callable[[dict[str, Any]], None], message: str) -> None:
    step = training_step("Train", f"s3://{BUCKET}/code/source.tar.gz")
    spoil(step)
    if step.get("DependsOn") == ["Train"]:
        other = {**processing_step("Other", CODE), "DependsOn": ["Train"]}
        step["DependsOn"] = ["Other"]
        message = "steps Other, Train wait for each other"
        text = definition(step, other)
    else:
        text = definition(step)
    with pytest.raises(ServiceError, match=message):
        parse(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "Invalid JSON"),
        (json.dumps({"Version": "2019-01-01"}), "Version must be 2020-12-01"),
        (definition(), "there are no steps"),
        (definition(processing_step("A", CODE), processing_step("A", CODE)), "step name A is there twice"),
        (
            definition(processing_step("A", CODE), parameters=[{"Name": "P", "Type": "Number"}]),
            "parameter P has type Number",
        ),
    ],
)
def test_a_malformed_definition_is_refused(text: str, message: str) -> None:
    with pytest.raises(ServiceError, match=message):
        parse(text)


def test_a_condition_waits_for_what_its_branches_need() -> None:
    inner = processing_step("Inner", CODE, inputs={"data": {"Get": "Steps.Prep.ProcessingJobName"}})
    after = {**processing_step("After", CODE), "DependsOn": ["Inner", "Gate"]}
    arguments = {"Conditions": [], "IfSteps": [inner, after], "ElseSteps": []}
    outer = {"Name": "Outer", "Type": "Condition", "Arguments": arguments}
    assert needed_steps(outer) == {"Prep", "Gate"}
