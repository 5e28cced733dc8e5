"""Pipelines run the real scripts in the order of their references and tell what happened."""

import json
import tarfile
from io import BytesIO

import pytest
from memory_platform import BUCKET, ROLE, MemoryPlatform
from pipeline_shape import loop
from scenarios import Runner, wait_for
from step_requests import IMAGE, definition, processing_step

from local.sagemaker.errors import ServiceError
from local.sagemaker.service import SageMaker


def test_the_loop_trains_judges_and_registers_a_model(
    runner: Runner, sagemaker: SageMaker, platform: MemoryPlatform
) -> None:
    platform.s3.put("checkpoints/round-1", "state")
    ended = runner.run(loop(platform))
    assert ended["PipelineExecutionStatus"] == "Succeeded", ended.get("FailureReason")
    assert list(reversed(ended["steps"])) == ["Preprocess", "Train", "Evaluate", "Gate", "Register"]
    assert ended["steps"]["Gate"]["Metadata"] == {"Condition": {"Outcome": "True"}}
    package = sagemaker.call(
        "DescribeModelPackage", {"ModelPackageName": ended["steps"]["Register"]["Metadata"]["RegisterModel"]["Arn"]}
    )
    assert package["ModelPackageArn"].endswith(":model-package/fraud/1")
    assert package["ModelApprovalStatus"] == "Approved"
    url = package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
    with tarfile.open(fileobj=BytesIO(platform.s3.stored[url])) as tar:
        member = tar.extractfile("seen.json")
        assert member is not None
        seen = json.load(member)
    execution = ended["PipelineExecutionArn"].rpartition("/")[2]
    assert seen["arguments"] == ["--max_depth", "6", "--quoted", "text", "--version", execution]
    assert seen["rows"] == 6
    assert seen["files"] == ["hyperparameters.json", "inputdataconfig.json", "resourceconfig.json"]
    assert seen["resumed"] == ["round-1"]
    assert platform.s3.stored[f"s3://{BUCKET}/checkpoints/round-2"] == b"state"
    arn = ended["steps"]["Train"]["Metadata"]["TrainingJob"]["Arn"]
    job = sagemaker.call("DescribeTrainingJob", {"TrainingJobName": arn.rpartition("/")[2]})
    assert job["TrainingJobStatus"] == "Completed"
    assert [(it["MetricName"], it["Value"]) for it in job["FinalMetricDataList"]] == [("validation:auc", 0.75)]
    assert "round 1 auc=0.50" in platform.logs["/aws/sagemaker/TrainingJobs", f"{job['TrainingJobName']}/algo-1"]


def test_a_gate_that_is_not_reached_fails_the_execution_with_its_message(
    runner: Runner, sagemaker: SageMaker, platform: MemoryPlatform
) -> None:
    ended = runner.run(loop(platform), MinAuc="0.8")
    assert ended["PipelineExecutionStatus"] == "Failed"
    assert ended["steps"]["TooBad"]["FailureReason"] == "AUC is below 0.8"
    assert ended["steps"]["TooBad"]["Metadata"] == {"Fail": {"ErrorMessage": "AUC is below 0.8"}}
    assert "AUC is below 0.8" in ended["FailureReason"]
    assert sagemaker.call("ListModelPackages", {})["ModelPackageSummaryList"] == []


def test_events_tell_every_change_in_the_spelling_of_aws(runner: Runner, platform: MemoryPlatform) -> None:
    ended = runner.run(loop(platform))
    executions = platform.details("SageMaker Model Building Pipeline Execution Status Change")
    changes = [(it["previousPipelineExecutionStatus"], it["currentPipelineExecutionStatus"]) for it in executions]
    assert changes == [("Executing", "Executing"), ("Executing", "Succeeded")]
    assert executions[1]["pipelineExecutionArn"] == ended["PipelineExecutionArn"]
    steps = platform.details("SageMaker Model Building Pipeline Execution Step Status Change")
    assert [it["currentStepStatus"] for it in steps if it["stepName"] == "Train"] == ["Executing", "Succeeded"]
    done = next(it for it in steps if it["stepName"] == "Preprocess" and it["currentStepStatus"] == "Succeeded")
    assert done["stepType"] == "Processing"
    arn = ended["steps"]["Preprocess"]["Metadata"]["ProcessingJob"]["Arn"]
    assert done["metadata"] == {"processingJob": {"arn": arn}}
    jobs = platform.details("SageMaker Processing Job State Change")
    assert [it["ProcessingJobStatus"] for it in jobs] == ["InProgress", "Completed"] * 2
    (package,) = platform.details("SageMaker Model Package State Change")
    assert package["ModelApprovalStatus"] == "Approved"
    assert package["ModelPackageVersion"] == 1


def test_stopping_ends_the_running_step_and_starts_no_other(
    runner: Runner, sagemaker: SageMaker, platform: MemoryPlatform
) -> None:
    slow = processing_step("Slow", platform.s3.put("code/slow.py", "import time; print('up'); time.sleep(60)"))
    never = processing_step("Never", platform.s3.put("code/never.py", "raise SystemExit('must not run')"))
    arn = runner.start(definition(slow, {**never, "DependsOn": ["Slow"]}))
    wait_for(lambda: any((platform.work_dir / "logs").glob("*Slow*")))
    sagemaker.call("StopPipelineExecution", {"PipelineExecutionArn": arn, "ClientRequestToken": "s" * 32})
    ended = runner.finish(arn)
    assert ended["PipelineExecutionStatus"] == "Stopped"
    assert {name: step["StepStatus"] for name, step in ended["steps"].items()} == {"Slow": "Stopped"}


def test_the_same_token_starts_one_execution(runner: Runner, sagemaker: SageMaker, platform: MemoryPlatform) -> None:
    name = runner.create(definition(processing_step("Nothing", platform.s3.put("code/nothing.py", "pass"))))
    request = {"PipelineName": name, "ClientRequestToken": "r" * 32}
    first = sagemaker.call("StartPipelineExecution", request)
    assert sagemaker.call("StartPipelineExecution", request) == first
    listed = sagemaker.call("ListPipelineExecutions", {"PipelineName": name})["PipelineExecutionSummaries"]
    assert [it["PipelineExecutionArn"] for it in listed] == [first["PipelineExecutionArn"]]
    with pytest.raises(ServiceError, match="different parameters"):
        sagemaker.call("StartPipelineExecution", {**request, "PipelineExecutionDisplayName": "other"})
    runner.finish(first["PipelineExecutionArn"])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"Unknown": "1"}, r"\['Unknown'\] are not defined"),
        ({"MinAuc": "high"}, r"'high' of parameter \[MinAuc\] is not of type Float"),
        ({"Status": "Maybe"}, r"'Maybe' of parameter \[Status\] is not one of"),
    ],
)
def test_wrong_parameters_start_nothing(
    runner: Runner, platform: MemoryPlatform, parameters: dict[str, str], message: str
) -> None:
    with pytest.raises(ServiceError, match=message):
        runner.start(loop(platform), **parameters)


def test_a_pipeline_can_create_a_model(runner: Runner, sagemaker: SageMaker) -> None:
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/model.tar.gz"}
    step = {"Name": "Create", "Type": "Model", "Arguments": {"PrimaryContainer": container, "ExecutionRoleArn": ROLE}}
    ended = runner.run(definition(step))
    assert ended["PipelineExecutionStatus"] == "Succeeded", ended.get("FailureReason")
    (model,) = sagemaker.call("ListModels", {})["Models"]
    assert ended["steps"]["Create"]["Metadata"] == {"Model": {"Arn": model["ModelArn"]}}


def test_an_execution_remembers_its_parameters_and_definition(
    runner: Runner, sagemaker: SageMaker, platform: MemoryPlatform
) -> None:
    text = loop(platform)
    ended = runner.run(text, MinAuc="0.9")
    arn = {"PipelineExecutionArn": ended["PipelineExecutionArn"]}
    values = sagemaker.call("ListPipelineParametersForExecution", arn)["PipelineParameters"]
    assert {it["Name"]: it["Value"] for it in values}["MinAuc"] == "0.9"
    assert sagemaker.call("DescribePipelineDefinitionForExecution", arn)["PipelineDefinition"] == text
