"""The retraining pipeline as SageMaker will read it: names, edges and parameters are pinned, whoever renders it."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from job_runs import ROOT, MakeDefinition

from headrace.usecase import Gate, UseCase
from pipelines.retraining import expressions
from pipelines.retraining.plan import CodeLocations, DefinitionError, JobSize


def steps(definition: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {step["Name"]: step for step in expressions.steps(definition)}


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for member in value.values():
            yield from texts(member)
    elif isinstance(value, list):
        for member in value:
            yield from texts(member)
    elif isinstance(value, str):
        yield value


def joined(expression: dict[str, Any]) -> str:
    """A Std:Join with its references in angle brackets."""
    parts = [
        part if isinstance(part, str) else joined(part) if "Std:Join" in part else f"<{part['Get']}>"
        for part in expression["Std:Join"]["Values"]
    ]
    return str(expression["Std:Join"]["On"]).join(parts)


def test_steps_their_types_and_what_each_waits_for_are_pinned(rendered: dict[str, Any]) -> None:
    assert {name: (step["Type"], expressions.predecessors(step)) for name, step in steps(rendered).items()} == {
        "Preprocess": ("Processing", set()),
        "Train": ("Training", {"Preprocess"}),
        "Evaluate": ("Processing", {"Preprocess", "Train"}),
        "CheckGates": ("Condition", {"Evaluate"}),
        "Register": ("RegisterModel", {"Train"}),
        "Fail": ("Fail", set()),
    }


def test_reaching_every_floor_registers_and_missing_one_fails(rendered: dict[str, Any]) -> None:
    arguments = steps(rendered)["CheckGates"]["Arguments"]
    assert [step["Name"] for step in arguments["IfSteps"]] == ["Register"]
    assert [step["Name"] for step in arguments["ElseSteps"]] == ["Fail"]
    assert [step["Name"] for step in rendered["Steps"]] == ["Preprocess", "Train", "Evaluate", "CheckGates"]


def test_parameters_are_pinned(rendered: dict[str, Any]) -> None:
    approvals = ["PendingManualApproval", "Approved", "Rejected"]
    assert rendered["Parameters"] == [
        {"Name": "InputData", "Type": "String"},
        {
            "Name": "ModelApprovalStatus",
            "Type": "String",
            "DefaultValue": "PendingManualApproval",
            "EnumValues": approvals,
        },
        {"Name": "TriggerReason", "Type": "String", "DefaultValue": "manual"},
        {"Name": "DriftSeverity", "Type": "String", "DefaultValue": "none"},
        {"Name": "MinAveragePrecision", "Type": "Float", "DefaultValue": 0.2},
    ]


def test_every_gate_is_a_condition_against_its_own_parameter(fraud: UseCase, make_definition: MakeDefinition) -> None:
    gates = (Gate(metric="recall", minimum=0.3), Gate(metric="auc", minimum=0.8))
    definition = make_definition(usecase=replace(fraud, model=replace(fraud.model, gates=gates)))
    conditions = steps(definition)["CheckGates"]["Arguments"]["Conditions"]
    assert [(it["Type"], it["LeftValue"]["Std:JsonGet"]["Path"], it["RightValue"]["Get"]) for it in conditions] == [
        ("GreaterThanOrEqualTo", "binary_classification_metrics.recall.value", "Parameters.MinRecall"),
        ("GreaterThanOrEqualTo", "binary_classification_metrics.auc.value", "Parameters.MinAuc"),
    ]
    defaults = {it["Name"]: it.get("DefaultValue") for it in definition["Parameters"]}
    assert (defaults["MinRecall"], defaults["MinAuc"]) == (0.3, 0.8)


def test_the_failure_names_every_metric_and_its_floor(fraud: UseCase, make_definition: MakeDefinition) -> None:
    gates = (Gate(metric="recall", minimum=0.3), Gate(metric="auc", minimum=0.8))
    definition = make_definition(usecase=replace(fraud, model=replace(fraud.model, gates=gates)))
    message = joined(steps(definition)["Fail"]["Arguments"]["ErrorMessage"])
    assert "recall >= <Parameters.MinRecall> (MinRecall)" in message
    assert "auc >= <Parameters.MinAuc> (MinAuc)" in message
    assert message.endswith("/models/<Execution.PipelineExecutionId>/evaluation/evaluation.json")


def test_the_report_is_declared_as_a_property_file(rendered: dict[str, Any]) -> None:
    evaluate = steps(rendered)["Evaluate"]
    assert evaluate["PropertyFiles"] == [
        {"PropertyFileName": "EvaluationReport", "OutputName": "evaluation", "FilePath": "evaluation.json"}
    ]


def test_one_image_runs_trains_and_serves(rendered: dict[str, Any]) -> None:
    images = {text for text in texts(rendered) if ".dkr.ecr." in text}
    assert images == {"141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.2-0"}


def test_the_image_comes_from_the_registry_of_the_region(make_definition: MakeDefinition) -> None:
    images = {text for text in texts(make_definition(region="us-east-1")) if ".dkr.ecr." in text}
    assert images == {"683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0"}


def test_no_stand_in_is_left_and_every_token_is_where_it_belongs(
    rendered: dict[str, Any], locations: CodeLocations
) -> None:
    assert not [text for text in texts(rendered) if "placeholder" in text]
    found = steps(rendered)
    processing = found["Preprocess"]["Arguments"]
    assert processing["RoleArn"] == found["Train"]["Arguments"]["RoleArn"] == "${Token[TOKEN.12]}"
    uris = {it["InputName"]: it["S3Input"]["S3Uri"] for it in processing["ProcessingInputs"]}
    assert (uris["code"], uris["headrace"]) == (locations.preprocess, locations.headrace)
    assert found["Train"]["Arguments"]["HyperParameters"]["sagemaker_submit_directory"] == locations.sourcedir
    output = processing["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"]
    assert joined(output) == "s3://${Token[TOKEN.11]}/training/<Execution.PipelineExecutionId>/train"


def test_jobs_run_the_files_under_the_names_that_assets_have(rendered: dict[str, Any]) -> None:
    for name, script in (("Preprocess", "0a1b.py"), ("Evaluate", "2c3d.py")):
        arguments = steps(rendered)[name]["Arguments"]
        entrypoint = arguments["AppSpecification"]["ContainerEntrypoint"]
        assert entrypoint == ["python3", f"/opt/ml/processing/input/code/{script}"]
        assert arguments["Environment"] == {"PYTHONPATH": "/opt/ml/processing/input/headrace/4e5f.zip"}


def test_jobs_are_told_every_folder_they_use(rendered: dict[str, Any]) -> None:
    for name in ("Preprocess", "Evaluate"):
        arguments = steps(rendered)[name]["Arguments"]
        told = " ".join(arguments["AppSpecification"]["ContainerArguments"])
        folders = {it["InputName"]: it["S3Input"]["LocalPath"] for it in arguments["ProcessingInputs"]}
        assert all(folder in told for key, folder in folders.items() if key not in ("code", "headrace"))
        assert "/opt/ml/processing/output" in told
        assert "--reason-file /opt/ml/output/message" in told


def test_volumes_and_outputs_are_encrypted_with_the_key(rendered: dict[str, Any]) -> None:
    found, key = steps(rendered), "${Token[TOKEN.13]}"
    for name in ("Preprocess", "Evaluate"):
        arguments = found[name]["Arguments"]
        assert arguments["ProcessingResources"]["ClusterConfig"]["VolumeKmsKeyId"] == key
        assert arguments["ProcessingOutputConfig"]["KmsKeyId"] == key
    assert found["Train"]["Arguments"]["ResourceConfig"]["VolumeKmsKeyId"] == key
    assert found["Train"]["Arguments"]["OutputDataConfig"]["KmsKeyId"] == key


def test_every_job_has_a_longest_run(rendered: dict[str, Any]) -> None:
    for name in ("Preprocess", "Train", "Evaluate"):
        assert steps(rendered)[name]["Arguments"]["StoppingCondition"]["MaxRuntimeInSeconds"] > 0


def test_training_gets_the_use_cases_hyperparameters_as_text(rendered: dict[str, Any], fraud: UseCase) -> None:
    given = steps(rendered)["Train"]["Arguments"]["HyperParameters"]
    assert {name: given[name] for name in fraud.model.hyperparameters} == {
        name: str(value) for name, value in fraud.model.hyperparameters.items()
    }
    assert given["usecase"] == "fraud"
    assert given["sagemaker_program"] == "train.py"


def test_the_execution_names_the_model_version(rendered: dict[str, Any]) -> None:
    version = {"Get": "Execution.PipelineExecutionId"}
    assert steps(rendered)["Train"]["Arguments"]["HyperParameters"]["model_version"] == version
    assert steps(rendered)["Register"]["Arguments"]["CustomerMetadataProperties"]["model_version"] == version


def test_the_package_says_why_it_was_trained_and_on_what(rendered: dict[str, Any]) -> None:
    said = steps(rendered)["Register"]["Arguments"]["CustomerMetadataProperties"]
    assert said["trigger_reason"] == {"Get": "Parameters.TriggerReason"}
    assert said["drift_severity"] == {"Get": "Parameters.DriftSeverity"}
    assert said["input_data"] == {"Get": "Parameters.InputData"}
    assert joined(said["data_manifest"]).endswith("/manifest/data_manifest.json")


def test_the_package_serves_json_with_its_own_code_and_installs_nothing(rendered: dict[str, Any]) -> None:
    package = steps(rendered)["Register"]["Arguments"]
    assert package["ModelPackageGroupName"] == "headrace-fraud-dev"
    assert package["ModelApprovalStatus"] == {"Get": "Parameters.ModelApprovalStatus"}
    specification = package["InferenceSpecification"]
    assert specification["SupportedContentTypes"] == ["application/json"]
    assert specification["SupportedResponseMIMETypes"] == ["application/json"]
    environment = specification["Containers"][0]["Environment"]
    assert (
        environment.items()
        >= {
            "PIP_NO_INDEX": "1",
            "PIP_NO_BUILD_ISOLATION": "0",
            "SAGEMAKER_PROGRAM": "inference.py",
            "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
        }.items()
    )


def test_the_packages_figures_are_the_report(rendered: dict[str, Any]) -> None:
    report = steps(rendered)["Register"]["Arguments"]["ModelMetrics"]["ModelQuality"]["Statistics"]
    (output,) = steps(rendered)["Evaluate"]["Arguments"]["ProcessingOutputConfig"]["Outputs"]
    assert joined(report["S3Uri"]) == f"{joined(output['S3Output']['S3Uri'])}/evaluation.json"


def test_spot_training_waits_and_resumes_from_checkpoints(
    rendered: dict[str, Any], make_definition: MakeDefinition
) -> None:
    on_demand, spot = (steps(it)["Train"]["Arguments"] for it in (rendered, make_definition(spot=True)))
    assert "EnableManagedSpotTraining" not in on_demand
    assert spot["EnableManagedSpotTraining"] is True
    condition = spot["StoppingCondition"]
    assert condition["MaxWaitTimeInSeconds"] >= condition["MaxRuntimeInSeconds"]
    assert joined(spot["CheckpointConfig"]["S3Uri"]).endswith("/checkpoints")


def test_sizes_and_options_reach_the_jobs(make_definition: MakeDefinition) -> None:
    size = JobSize(instance_type="ml.m5.4xlarge", volume_gb=200, max_runtime_s=60)
    found = steps(make_definition(processing=size, preprocess_options={"minimum-positives": "3"}))
    arguments = found["Preprocess"]["Arguments"]
    assert arguments["ProcessingResources"]["ClusterConfig"]["InstanceType"] == "ml.m5.4xlarge"
    assert arguments["StoppingCondition"]["MaxRuntimeInSeconds"] == 60
    told = arguments["AppSpecification"]["ContainerArguments"]
    assert told[told.index("--minimum-positives") + 1] == "3"


@pytest.mark.parametrize("wrong", ["https://bucket/a.py", "s3://bucket/a.zip", "s3://bucket/folder/"])
def test_a_location_that_cannot_be_a_script_is_refused(wrong: str, locations: CodeLocations) -> None:
    with pytest.raises(DefinitionError, match=r"code\.preprocess"):
        replace(locations, preprocess=wrong)


def test_rendering_twice_gives_the_same_and_leaves_no_trace(
    rendered: dict[str, Any], make_definition: MakeDefinition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-south-1")
    before, disabled = dict(os.environ), logging.root.manager.disable
    assert make_definition() == rendered
    assert dict(os.environ) == before
    assert logging.root.manager.disable == disabled


def test_rendering_opens_no_socket(
    rendered: dict[str, Any], make_definition: MakeDefinition, socket_disabled: None
) -> None:
    assert make_definition() == rendered


RENDER = """
import json, sys, usecases
from pipelines.retraining.definition import definition
from pipelines.retraining.plan import CodeLocations
given = json.load(sys.stdin)
code = CodeLocations(**given.pop("code"))
json.dump(definition(usecase=usecases.load("fraud"), code=code, **given), sys.stdout)
"""
USERS_DEFAULTS = """
SchemaVersion: '1.0'
SageMaker:
  TrainingJob:
    Environment: {LEAKED: 'yes'}
    VpcConfig: {SecurityGroupIds: [sg-1], Subnets: [subnet-1]}
"""


def test_rendering_does_not_depend_on_who_renders(
    rendered: dict[str, Any], locations: CodeLocations, tmp_path: Path
) -> None:
    """In a fresh process, so that what the SDK reads while it is imported counts as well."""
    for folder in (".config/sagemaker", "Library/Application Support/sagemaker"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "config.yaml").write_text(USERS_DEFAULTS)
    env = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "AWS_PROFILE": "nobody", "PYTHONPATH": str(ROOT)}
    given = {
        "name": "another-name",
        "region": "eu-west-1",
        "bucket": "${Token[TOKEN.11]}",
        "role_arn": "${Token[TOKEN.12]}",
        "kms_key_arn": "${Token[TOKEN.13]}",
        "model_package_group": "headrace-fraud-dev",
        "code": vars(locations),
    }
    command = [sys.executable, "-W", "error", "-c", RENDER]
    done = subprocess.run(
        command,
        input=json.dumps(given),
        env=env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == rendered
    assert done.stderr == ""


def test_nothing_but_a_definition_imports_the_sdk() -> None:
    """The SDK takes seconds to import: stacks, Lambdas and jobs must not pay for it."""
    modules = (
        "pipelines.retraining.definition, pipelines.retraining.sources, pipelines.jobs.train, pipelines.jobs.evaluate"
    )
    check = f"import sys, {modules}; sys.exit(any(name.partition('.')[0] == 'sagemaker' for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", check], cwd=ROOT, timeout=60, check=False).returncode == 0
