"""The jobs of the retraining pipeline: images, files, folders, encryption, and the package they register."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from job_runs import MakeDefinition
from rendered_steps import arguments, joined, steps

from headrace.usecase import UseCase
from pipelines.retraining.plan import CodeLocations, DefinitionError

PROCESSING = ("Preprocess", "Evaluate", "Baseline")


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for member in value.values():
            yield from texts(member)
    elif isinstance(value, list):
        for member in value:
            yield from texts(member)
    elif isinstance(value, str):
        yield value


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
    for name, script in (("Preprocess", "0a1b.py"), ("Evaluate", "2c3d.py"), ("Baseline", "8c9d.py")):
        arguments = steps(rendered)[name]["Arguments"]
        entrypoint = arguments["AppSpecification"]["ContainerEntrypoint"]
        assert entrypoint == ["python3", f"/opt/ml/processing/input/code/{script}"]
        assert arguments["Environment"]["PYTHONPATH"] == "/opt/ml/processing/input/headrace/4e5f.zip"


def test_jobs_are_told_every_folder_they_use(rendered: dict[str, Any]) -> None:
    for name in PROCESSING:
        arguments = steps(rendered)[name]["Arguments"]
        told = " ".join(it for it in arguments["AppSpecification"]["ContainerArguments"] if isinstance(it, str))
        folders = {it["InputName"]: it["S3Input"]["LocalPath"] for it in arguments["ProcessingInputs"]}
        assert all(folder in told for key, folder in folders.items() if key not in ("code", "headrace"))
        assert "/opt/ml/processing/output" in told
        assert "--reason-file /opt/ml/output/message" in told


def test_volumes_and_outputs_are_encrypted_with_the_key(rendered: dict[str, Any]) -> None:
    found, key = steps(rendered), "${Token[TOKEN.13]}"
    for name in PROCESSING:
        arguments = found[name]["Arguments"]
        assert arguments["ProcessingResources"]["ClusterConfig"]["VolumeKmsKeyId"] == key
        assert arguments["ProcessingOutputConfig"]["KmsKeyId"] == key
    assert found["Train"]["Arguments"]["ResourceConfig"]["VolumeKmsKeyId"] == key
    assert found["Train"]["Arguments"]["OutputDataConfig"]["KmsKeyId"] == key


def test_every_job_has_a_longest_run(rendered: dict[str, Any]) -> None:
    for name in (*PROCESSING, "Train"):
        assert steps(rendered)[name]["Arguments"]["StoppingCondition"]["MaxRuntimeInSeconds"] > 0


def test_training_gets_the_use_cases_hyperparameters_as_text(rendered: dict[str, Any], fraud: UseCase) -> None:
    given = steps(rendered)["Train"]["Arguments"]["HyperParameters"]
    assert {name: given[name] for name in fraud.model.hyperparameters} == {
        name: str(value) for name, value in fraud.model.hyperparameters.items()
    }
    assert given["usecase"] == "fraud"
    assert given["sagemaker_program"] == "train.py"


def test_the_training_job_names_the_model_version(rendered: dict[str, Any]) -> None:
    """The job, not the execution: a model that a later execution takes from the cache keeps its name."""
    assert "model_version" not in arguments(rendered, "Train")["HyperParameters"]
    said = arguments(rendered, "Register")["CustomerMetadataProperties"]
    assert said["model_version"] == {"Get": "Steps.Train.TrainingJobName"}
    assert said["execution"] == {"Get": "Execution.PipelineExecutionId"}


def test_the_package_says_why_it_was_trained_and_on_what(rendered: dict[str, Any]) -> None:
    said = steps(rendered)["Register"]["Arguments"]["CustomerMetadataProperties"]
    assert said["trigger_reason"] == {"Get": "Parameters.TriggerReason"}
    assert said["drift_severity"] == {"Get": "Parameters.DriftSeverity"}
    assert said["input_data"] == {"Get": "Parameters.InputData"}
    assert said["champion"] == {"Get": "Parameters.ChampionModel"}
    manifest = "Steps.Preprocess.ProcessingOutputConfig.Outputs['manifest'].S3Output.S3Uri"
    assert joined(said["data_manifest"]) == f"<{manifest}>/data_manifest.json"


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


def test_the_package_carries_its_figures_and_what_monitors_compare_with(rendered: dict[str, Any]) -> None:
    package, models = arguments(rendered, "Register"), "s3://${Token[TOKEN.11]}/models/<Execution.PipelineExecutionId>"
    figures, normal = package["ModelMetrics"], package["DriftCheckBaselines"]
    for found in (figures, normal):
        assert joined(found["ModelQuality"]["Statistics"]["S3Uri"]) == f"{models}/evaluation/evaluation.json"
        for kind in ("Statistics", "Constraints"):
            folder, name = found["ModelDataQuality"][kind]["S3Uri"]["Std:Join"]["Values"]
            written_by = "Steps.Baseline.ProcessingOutputConfig.Outputs['baseline'].S3Output.S3Uri"
            assert (folder, name) == ({"Get": written_by}, f"{kind.lower()}.json")
    assert joined(figures["Bias"]["Report"]["S3Uri"]) == f"{models}/evaluation/bias.json"
    explained = {"Constraints": {"ContentType": "application/json"}}
    explained["Constraints"]["S3Uri"] = normal["Explainability"]["Constraints"]["S3Uri"]
    assert normal["Explainability"] == explained
    assert joined(explained["Constraints"]["S3Uri"]) == f"{models}/evaluation/explanation.json"
    assert "Bias" not in normal, "fraud has no facets to be held against"
    said = package["CustomerMetadataProperties"]
    assert joined(said["report"]) == f"{models}/evaluation/report.html"
    assert joined(said["model_card"]) == f"{models}/evaluation/model_card.json"


def test_what_the_package_points_to_is_where_the_jobs_deliver(rendered: dict[str, Any]) -> None:
    (output,) = arguments(rendered, "Evaluate")["ProcessingOutputConfig"]["Outputs"]
    report = arguments(rendered, "Register")["ModelMetrics"]["ModelQuality"]["Statistics"]
    assert joined(report["S3Uri"]) == f"{joined(output['S3Output']['S3Uri'])}/evaluation.json"


@pytest.mark.parametrize("wrong", ["https://bucket/a.py", "s3://bucket/a.zip", "s3://bucket/folder/"])
def test_a_location_that_cannot_be_a_script_is_refused(wrong: str, locations: CodeLocations) -> None:
    with pytest.raises(DefinitionError, match=r"code\.preprocess"):
        replace(locations, preprocess=wrong)
