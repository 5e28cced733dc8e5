"""The retraining pipeline as SageMaker will read it: names, edges and parameters are pinned, whoever renders it."""

from dataclasses import replace
from typing import Any

from job_runs import MakeDefinition
from rendered_steps import arguments, joined, steps, told

from headrace.usecase import Gate, UseCase
from pipelines.retraining import expressions
from pipelines.retraining.plan import CodeLocations


def written(path: str) -> dict[str, Any]:
    """The expression that reads a member of gates.json."""
    return {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.Evaluate.PropertyFiles.Gates"}, "Path": path}}


def test_steps_their_types_and_what_each_waits_for_are_pinned(rendered: dict[str, Any]) -> None:
    assert {name: (step["Type"], expressions.predecessors(step)) for name, step in steps(rendered).items()} == {
        "Preprocess": ("Processing", set()),
        "Train": ("Training", {"Preprocess"}),
        "Evaluate": ("Processing", {"Preprocess", "Train"}),
        "CheckGates": ("Condition", {"Evaluate"}),
        "Baseline": ("Processing", {"Preprocess", "Train"}),
        "Register": ("RegisterModel", {"Preprocess", "Train", "Baseline"}),
        "Fail": ("Fail", {"Evaluate"}),
    }


def test_passing_every_gate_registers_and_missing_one_fails(rendered: dict[str, Any]) -> None:
    arguments = steps(rendered)["CheckGates"]["Arguments"]
    assert [step["Name"] for step in arguments["IfSteps"]] == ["Baseline", "Register"]
    assert [step["Name"] for step in arguments["ElseSteps"]] == ["Fail"]
    assert [step["Name"] for step in rendered["Steps"]] == ["Preprocess", "Train", "Evaluate", "CheckGates"]


def test_parameters_are_pinned(rendered: dict[str, Any], locations: CodeLocations) -> None:
    approvals = ["PendingManualApproval", "Approved", "Rejected"]
    assert rendered["Parameters"] == [
        {"Name": "InputData", "Type": "String"},
        {"Name": "DataVersion", "Type": "String"},
        {
            "Name": "ModelApprovalStatus",
            "Type": "String",
            "DefaultValue": "PendingManualApproval",
            "EnumValues": approvals,
        },
        {"Name": "TriggerReason", "Type": "String", "DefaultValue": "manual"},
        {"Name": "DriftSeverity", "Type": "String", "DefaultValue": "none"},
        {"Name": "ChampionModel", "Type": "String", "DefaultValue": locations.no_champion},
        {"Name": "TrainingInstanceType", "Type": "String", "DefaultValue": "ml.m5.xlarge"},
        {"Name": "MinAveragePrecision", "Type": "Float", "DefaultValue": 0.2},
    ]


def test_only_a_model_that_missed_no_gate_goes_on(rendered: dict[str, Any]) -> None:
    (condition,) = steps(rendered)["CheckGates"]["Arguments"]["Conditions"]
    assert condition == {"Type": "Equals", "LeftValue": written("failed"), "RightValue": 0}


def test_every_floor_is_a_parameter_told_to_the_evaluation(fraud: UseCase, make_definition: MakeDefinition) -> None:
    gates = (Gate(metric="recall", minimum=0.3), Gate(metric="auc", minimum=0.8))
    definition = make_definition(usecase=replace(fraud, model=replace(fraud.model, gates=gates)))
    defaults = {it["Name"]: it.get("DefaultValue") for it in definition["Parameters"]}
    assert (defaults["MinRecall"], defaults["MinAuc"]) == (0.3, 0.8)
    assert told(definition, "--floor") == ["recall=<Parameters.MinRecall>", "auc=<Parameters.MinAuc>"]


def test_the_evaluation_is_told_where_the_model_comes_from(rendered: dict[str, Any]) -> None:
    assert told(rendered, "--lineage") == [
        "trigger_reason=<Parameters.TriggerReason>",
        "drift_severity=<Parameters.DriftSeverity>",
        "input_data=<Parameters.InputData>",
        "data_version=<Parameters.DataVersion>",
    ]


def test_candidate_and_champion_are_judged_on_the_same_split(rendered: dict[str, Any]) -> None:
    inputs = {it["InputName"]: it["S3Input"]["S3Uri"] for it in arguments(rendered, "Evaluate")["ProcessingInputs"]}
    assert inputs["model"] == {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}
    assert inputs["champion"] == {"Get": "Parameters.ChampionModel"}
    split = {"Get": "Steps.Preprocess.ProcessingOutputConfig.Outputs['test'].S3Output.S3Uri"}
    assert inputs["test"] == split


def test_the_failure_gives_the_gates_reasons_and_the_report(rendered: dict[str, Any]) -> None:
    first, reason, *rest = arguments(rendered, "Fail")["ErrorMessage"]["Std:Join"]["Values"]
    assert first == "The model was not registered: "
    assert reason == written("reason")
    assert joined(rest[-1]).endswith("/models/<Execution.PipelineExecutionId>/evaluation/report.html")


def test_the_gates_are_declared_as_a_property_file(rendered: dict[str, Any]) -> None:
    evaluate = steps(rendered)["Evaluate"]
    assert evaluate["PropertyFiles"] == [
        {"PropertyFileName": "Gates", "OutputName": "evaluation", "FilePath": "gates.json"}
    ]
