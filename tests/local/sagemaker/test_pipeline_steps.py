"""A step that goes wrong says why; its script sees what a container shows it and no more."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from memory_platform import BUCKET, ROLE, MemoryPlatform
from pipeline_shape import COPY
from scenarios import Runner, wait_for
from step_requests import definition, processing_step

FAILING = """
import sys
print("working")
sys.stderr.write("first line\\nno terminal_id in the training set\\n")
sys.exit(7)
"""


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
