"""Pipelines run the real scripts in the order of their references and tell what happened."""

import json
import os
import signal
import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from memory_platform import BUCKET, ROLE, MemoryPlatform
from scenarios import IMAGE, Runner, archive, definition, processing_step, training_step, wait_for

from local.sagemaker.errors import ServiceError
from local.sagemaker.service import SageMaker

COPY = """
import argparse, pathlib, sys
parser = argparse.ArgumentParser()
parser.add_argument("--root", type=pathlib.Path)
root = parser.parse_args().root
text = "".join(sorted(file.read_text() for file in (root / "input" / "data").rglob("*.txt")))
(root / "output" / "copy" / "nested").mkdir(parents=True, exist_ok=True)
(root / "output" / "copy" / "nested" / "all.txt").write_text(text.upper())
print("copied", len(text))
"""
TRAIN = """
import json, os, pathlib, sys
model = pathlib.Path(os.environ["SM_MODEL_DIR"])
data = pathlib.Path(os.environ["SM_CHANNEL_TRAIN"])
config = pathlib.Path(os.environ["SM_INPUT_CONFIG_DIR"])
checkpoint = pathlib.Path(os.environ["SM_CHECKPOINT_DIR"])
seen = {
    "arguments": sys.argv[1:],
    "rows": len((data / "nested" / "all.txt").read_text()),
    "hps": json.loads(os.environ["SM_HPS"]),
    "files": sorted(path.name for path in config.iterdir()),
    "resumed": sorted(path.name for path in checkpoint.iterdir()),
    "hosts": json.loads((config / "resourceconfig.json").read_text())["hosts"],
}
(model / "seen.json").write_text(json.dumps(seen))
(checkpoint / "round-2").write_text("state")
print("round 1 auc=0.50")
print("round 2 auc=0.75")
"""
EVALUATE = """
import json, pathlib, sys
root = pathlib.Path(sys.argv[2])
assert list((root / "input" / "model").glob("*.tar.gz"))
(root / "output" / "report" / "evaluation.json").write_text(json.dumps({"metrics": {"auc": {"value": 0.75}}}))
"""
FAILING = """
import sys
print("working")
sys.stderr.write("first line\\nno terminal_id in the training set\\n")
sys.exit(7)
"""


def loop(platform: MemoryPlatform) -> str:
    """The shape of the retraining pipeline: preprocess, train, evaluate, gate, register or fail."""
    platform.s3.put("raw/a.txt", "abc")
    platform.s3.put("raw/more/b.txt", "def")
    copy = processing_step(
        "Preprocess",
        platform.s3.put("code/copy.py", COPY),
        inputs={"data": {"Get": "Parameters.InputData"}},
        outputs={"copy": joined("copy")},
    )
    train = training_step(
        "Train",
        platform.s3.put("code/source.tar.gz", archive({"train.py": TRAIN})),
        channels={"train": {"Get": "Steps.Preprocess.ProcessingOutputConfig.Outputs['copy'].S3Output.S3Uri"}},
        hyperparameters={"max_depth": "6", "version": {"Get": "Execution.PipelineExecutionId"}, "quoted": '"text"'},
        request={"CheckpointConfig": {"S3Uri": f"s3://{BUCKET}/checkpoints"}, "EnableManagedSpotTraining": True},
    )
    evaluate = processing_step(
        "Evaluate",
        platform.s3.put("code/evaluate.py", EVALUATE),
        inputs={"model": {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}},
        outputs={"report": joined("report")},
        PropertyFiles=[{"PropertyFileName": "Report", "OutputName": "report", "FilePath": "evaluation.json"}],
    )
    # Later steps come first: the order is that of the references, not of the list.
    return definition(
        gate(),
        evaluate,
        train,
        copy,
        parameters=[
            {"Name": "InputData", "Type": "String", "DefaultValue": f"s3://{BUCKET}/raw"},
            {"Name": "MinAuc", "Type": "Float", "DefaultValue": 0.7},
            {"Name": "Status", "Type": "String", "DefaultValue": "Approved", "EnumValues": ["Approved", "Rejected"]},
        ],
    )


def joined(*parts: str) -> dict[str, Any]:
    return {
        "Std:Join": {"On": "/", "Values": [f"s3://{BUCKET}/runs", {"Get": "Execution.PipelineExecutionId"}, *parts]}
    }


def gate() -> dict[str, Any]:
    register = {
        "Name": "Register",
        "Type": "RegisterModel",
        "Arguments": {
            "ModelPackageGroupName": "fraud",
            "ModelApprovalStatus": {"Get": "Parameters.Status"},
            "InferenceSpecification": {
                "Containers": [
                    {"Image": IMAGE, "ModelDataUrl": {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}}
                ],
                "SupportedContentTypes": ["application/json"],
                "SupportedResponseMIMETypes": ["application/json"],
            },
            "CustomerMetadataProperties": {"usecase": "fraud"},
        },
    }
    message = {"Std:Join": {"On": " ", "Values": ["AUC is below", {"Get": "Parameters.MinAuc"}]}}
    report = {"Get": "Steps.Evaluate.PropertyFiles.Report"}
    auc = {"Std:JsonGet": {"PropertyFile": report, "Path": "metrics.auc.value"}}
    condition = {"Type": "GreaterThanOrEqualTo", "LeftValue": auc, "RightValue": {"Get": "Parameters.MinAuc"}}
    fail = {"Name": "TooBad", "Type": "Fail", "Arguments": {"ErrorMessage": message}}
    arguments = {"Conditions": [condition], "IfSteps": [register], "ElseSteps": [fail]}
    return {"Name": "Gate", "Type": "Condition", "Arguments": arguments}


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


def test_a_failing_script_fails_its_step_with_the_end_of_its_errors(runner: Runner, platform: MemoryPlatform) -> None:
    step = processing_step("Preprocess", platform.s3.put("code/failing.py", FAILING))
    ended = runner.run(definition(step))
    assert ended["PipelineExecutionStatus"] == "Failed"
    reason = ended["steps"]["Preprocess"]["FailureReason"]
    assert reason.startswith("AlgorithmError: exit code: 7")
    assert reason.endswith("no terminal_id in the training set")
    assert any("working" in text for text in platform.logs.values())


def test_a_reason_file_becomes_the_reason(runner: Runner, platform: MemoryPlatform) -> None:
    code = "import pathlib, sys; pathlib.Path(sys.argv[1]).write_text('too few rows: 3'); sys.exit(1)"
    uri = platform.s3.put("code/reason.py", code)
    ended = runner.run(definition(processing_step("Check", uri, arguments=["/opt/ml/output/message"])))
    assert ended["steps"]["Check"]["FailureReason"] == "AlgorithmError: too few rows: 3"


def test_a_script_that_does_not_end_is_ended_when_its_time_is_over(runner: Runner, platform: MemoryPlatform) -> None:
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])"
    limit = {"StoppingCondition": {"MaxRuntimeInSeconds": 1}}
    ended = runner.run(definition(processing_step("Slow", platform.s3.put("code/slow.py", code), request=limit)))
    assert "exceeded MaxRuntimeInSeconds (1)" in ended["steps"]["Slow"]["FailureReason"]


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


def test_a_missing_input_fails_the_step_as_a_failed_download(runner: Runner, platform: MemoryPlatform) -> None:
    uri = platform.s3.put("code/copy.py", COPY)
    ended = runner.run(definition(processing_step("Preprocess", uri, inputs={"data": f"s3://{BUCKET}/nothing"})))
    assert "No S3 objects found" in ended["steps"]["Preprocess"]["FailureReason"]


def test_a_role_without_rights_fails_the_step(runner: Runner, platform: MemoryPlatform) -> None:
    denied = {"RoleArn": ROLE.replace("pipeline", "denied")}
    step = processing_step("Preprocess", platform.s3.put("code/copy.py", COPY), request=denied)
    ended = runner.run(definition(step))
    assert ended["PipelineExecutionStatus"] == "Failed"
    assert "is not authorized" in ended["steps"]["Preprocess"]["FailureReason"]


def test_a_job_sees_neither_this_repository_nor_the_environment_of_the_emulator(
    runner: Runner, platform: MemoryPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_EMULATOR", "1")
    code = """
import importlib.util, os, sys
assert importlib.util.find_spec("headrace") is None, sys.path
assert importlib.util.find_spec("numpy") is not None
assert "SECRET_OF_THE_EMULATOR" not in os.environ
assert os.environ["AWS_REGION"] == "eu-west-1"
assert os.environ["OWN"].endswith("/opt/ml/processing/x") and not os.environ["OWN"].startswith("/opt")
"""
    own = {"Environment": {"OWN": "/opt/ml/processing/x"}}
    ended = runner.run(definition(processing_step("Look", platform.s3.put("code/look.py", code), request=own)))
    assert ended["PipelineExecutionStatus"] == "Succeeded", ended["steps"]["Look"].get("FailureReason")


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


def test_what_only_the_run_shows_to_be_wrong_fails_the_step(runner: Runner, platform: MemoryPlatform) -> None:
    uri = platform.s3.put("code/nothing.py", "pass")
    resources = {"ClusterConfig": {"InstanceCount": {"Get": "Parameters.Count"}, "InstanceType": "ml.m5.large"}}
    resources["ClusterConfig"]["VolumeSizeInGB"] = 10  # type: ignore[assignment]  # a literal of mixed values
    step = processing_step("Preprocess", uri, request={"ProcessingResources": resources})
    count = {"Name": "Count", "Type": "Integer", "DefaultValue": 1}
    ended = runner.run(definition(step, parameters=[count]), Count="0")
    reason = ended["steps"]["Preprocess"]["FailureReason"]
    assert reason.startswith("ClientError: Failed to invoke sagemaker:CreateProcessingJob.")
    assert "greater than or equal to 1" in reason


def test_a_property_file_that_was_not_written_fails_its_step(runner: Runner, platform: MemoryPlatform) -> None:
    uri = platform.s3.put("code/nothing.py", "pass")
    files = [{"PropertyFileName": "Report", "OutputName": "report", "FilePath": "evaluation.json"}]
    step = processing_step("Evaluate", uri, outputs={"report": f"s3://{BUCKET}/report"}, PropertyFiles=files)
    ended = runner.run(definition(step))
    assert "cannot read JSON" in ended["steps"]["Evaluate"]["FailureReason"]


def test_an_execution_remembers_its_parameters_and_definition(
    runner: Runner, sagemaker: SageMaker, platform: MemoryPlatform
) -> None:
    text = loop(platform)
    ended = runner.run(text, MinAuc="0.9")
    arn = {"PipelineExecutionArn": ended["PipelineExecutionArn"]}
    values = sagemaker.call("ListPipelineParametersForExecution", arn)["PipelineParameters"]
    assert {it["Name"]: it["Value"] for it in values}["MinAuc"] == "0.9"
    assert sagemaker.call("DescribePipelineDefinitionForExecution", arn)["PipelineDefinition"] == text


def test_a_job_ends_when_the_process_that_started_it_ends(tmp_path: Path) -> None:
    program = f"""
import threading, time
from pathlib import Path
from local.sagemaker.container import Process, Root, environment
root = Root(Path({str(tmp_path)!r}))
code = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
command = ["python3", "-c", code]
process = Process(command=command, environment=environment(root), directory=root.path, log=root.path / "log")
process.start()
time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=Path(__file__).parents[3])
    log = tmp_path / "log"
    pid = int(wait_for(lambda: log.exists() and log.read_text().strip()))
    parent.send_signal(signal.SIGKILL)
    parent.wait()

    def gone() -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"

    wait_for(gone)
