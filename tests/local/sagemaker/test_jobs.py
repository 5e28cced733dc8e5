"""Jobs that are asked for directly, as a state machine asks for them, behave like those of a pipeline."""

import json
from pathlib import Path

import pytest
from memory_platform import BUCKET, MemoryPlatform
from scenarios import archive, wait_for
from step_requests import processing_step, training_step

from local.sagemaker.container import Root, environment
from local.sagemaker.errors import ServiceError
from local.sagemaker.platform import Record
from local.sagemaker.service import SageMaker


def finished(sagemaker: SageMaker, kind: str, name: str) -> Record:
    def ended() -> Record | None:
        job = sagemaker.call(f"Describe{kind}Job", {f"{kind}JobName": name})
        return job if job[f"{kind}JobStatus"] not in ("InProgress", "Stopping") else None

    found: Record = wait_for(ended)
    return found


def processing(platform: MemoryPlatform, code: str, **more: Record) -> Record:
    step = processing_step("Direct", platform.s3.put("code/direct.py", code), **more)
    return {"ProcessingJobName": "direct", **step["Arguments"]}


def test_a_processing_job_writes_its_outputs_and_leaves_a_message(
    sagemaker: SageMaker, platform: MemoryPlatform
) -> None:
    code = """
import json, pathlib, sys
root = pathlib.Path(sys.argv[2]).parent
job = json.loads((root / "config" / "processingjobconfig.json").read_text())
(root / "processing" / "output" / "report" / "name.txt").write_text(job["ProcessingJobName"])
(root / "output" / "message").write_text("CompletedWithViolations: 3")
"""
    sagemaker.call("CreateProcessingJob", processing(platform, code, outputs={"report": f"s3://{BUCKET}/report"}))
    job = finished(sagemaker, "Processing", "direct")
    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")
    assert job["ExitMessage"] == "CompletedWithViolations: 3"
    assert platform.s3.stored[f"s3://{BUCKET}/report/name.txt"] == b"direct"


def test_a_job_can_be_stopped_once(sagemaker: SageMaker, platform: MemoryPlatform) -> None:
    sagemaker.call("CreateProcessingJob", processing(platform, "import time; time.sleep(60)"))
    assert sagemaker.activity()["jobs"] == 1
    wait_for(lambda: sagemaker.jobs.log("direct").exists())
    sagemaker.call("StopProcessingJob", {"ProcessingJobName": "direct"})
    assert finished(sagemaker, "Processing", "direct")["ProcessingJobStatus"] == "Stopped"
    with pytest.raises(ServiceError, match="in status Stopped"):
        sagemaker.call("StopProcessingJob", {"ProcessingJobName": "direct"})


def test_the_name_of_a_job_is_taken_for_ever(sagemaker: SageMaker, platform: MemoryPlatform) -> None:
    request = processing(platform, "pass")
    sagemaker.call("CreateProcessingJob", request)
    finished(sagemaker, "Processing", "direct")
    with pytest.raises(ServiceError) as caught:
        sagemaker.call("CreateProcessingJob", request)
    assert caught.value.code == "ResourceInUse"


def test_a_training_job_that_runs_out_of_time_is_stopped_and_keeps_its_checkpoints(
    sagemaker: SageMaker, platform: MemoryPlatform
) -> None:
    code = """
import os, pathlib, time
pathlib.Path(os.environ["SM_CHECKPOINT_DIR"], "round-1").write_text("state")
time.sleep(60)
"""
    limits = {
        "StoppingCondition": {"MaxRuntimeInSeconds": 1},
        "CheckpointConfig": {"S3Uri": f"s3://{BUCKET}/checkpoints"},
    }
    source = platform.s3.put("code/source.tar.gz", archive({"train.py": code}))
    step = training_step("Direct", source, request=limits)
    sagemaker.call("CreateTrainingJob", {"TrainingJobName": "direct", **step["Arguments"]})
    job = finished(sagemaker, "Training", "direct")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert platform.s3.stored[f"s3://{BUCKET}/checkpoints/round-1"] == b"state"


def test_a_script_of_the_code_channel_can_tell_why_it_failed(sagemaker: SageMaker, platform: MemoryPlatform) -> None:
    code = """
import os, pathlib, sys
pathlib.Path(os.environ["SM_OUTPUT_DIR"], "failure").write_text("one class only: " + sys.argv[-1])
raise SystemExit(1)
"""
    platform.s3.put("channel/train.py", code)
    step = training_step(
        "Direct", "/opt/ml/input/data/code", channels={"code": f"s3://{BUCKET}/channel"}, hyperparameters={"z": "last"}
    )
    sagemaker.call("CreateTrainingJob", {"TrainingJobName": "direct", **step["Arguments"]})
    job = finished(sagemaker, "Training", "direct")
    assert job["FailureReason"] == "AlgorithmError: one class only: last"
    assert json.dumps(job)


def test_an_image_without_a_script_does_not_run_here(sagemaker: SageMaker, platform: MemoryPlatform) -> None:
    request = processing(platform, "pass")
    del request["AppSpecification"]["ContainerEntrypoint"]
    sagemaker.call("CreateProcessingJob", request)
    assert "does not run locally" in finished(sagemaker, "Processing", "direct")["FailureReason"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"S3DataType": "ManifestFile", "S3Uri": f"s3://{BUCKET}/data/a.txt"}, "manifest s3://lake/data/a.txt cannot"),
        ({"LocalPath": "/data"}, "path /data is not below /opt/ml"),
        ({"LocalPath": "/opt/ml/../../etc"}, "is not below /opt/ml"),
        ({"S3Uri": "s3://nowhere/data"}, "no bucket nowhere"),
    ],
)
def test_an_input_that_cannot_be_given_fails_the_job(
    sagemaker: SageMaker, platform: MemoryPlatform, change: dict[str, str], message: str
) -> None:
    platform.s3.put("data/a.txt", "a")
    request = processing(platform, "pass", inputs={"data": f"s3://{BUCKET}/data"})
    request["ProcessingInputs"][1]["S3Input"].update(change)
    sagemaker.call("CreateProcessingJob", request)
    assert message in finished(sagemaker, "Processing", "direct")["FailureReason"]


def test_an_entrypoint_that_is_not_python_runs_too(sagemaker: SageMaker, platform: MemoryPlatform) -> None:
    request = processing(platform, "print('from python')")
    script = "cd '/opt/ml/processing/input/code' && python3 direct.py"
    request["AppSpecification"] = {**request["AppSpecification"], "ContainerEntrypoint": ["/bin/sh", "-c", script]}
    request["AppSpecification"].pop("ContainerArguments")
    sagemaker.call("CreateProcessingJob", request)
    assert finished(sagemaker, "Processing", "direct")["ProcessingJobStatus"] == "Completed"
    assert "from python" in platform.logs["/aws/sagemaker/ProcessingJobs", "direct/algo-1"]


def test_a_training_job_without_a_script_says_what_it_lacks(sagemaker: SageMaker, platform: MemoryPlatform) -> None:
    request = training_step("Direct", f"s3://{BUCKET}/code/source.tar.gz")["Arguments"]
    request["HyperParameters"] = {"max_depth": "6"}
    sagemaker.call("CreateTrainingJob", {"TrainingJobName": "direct", **request})
    assert "only script mode runs locally" in finished(sagemaker, "Training", "direct")["FailureReason"]


def test_an_input_by_manifest_holds_the_objects_that_it_names_and_no_other(
    sagemaker: SageMaker, platform: MemoryPlatform
) -> None:
    for name in ("a/1.txt", "a/2.txt", "b/1.txt"):
        platform.s3.put(f"data/{name}", name)
    manifest = platform.s3.put("plan.manifest", json.dumps([{"prefix": f"s3://{BUCKET}/data/"}, "a/2.txt", "b/1.txt"]))
    script = "import pathlib; print(sorted(it.read_text() for it in pathlib.Path('.').rglob('input/data/*/*.txt')))"
    request = processing(platform, script, inputs={"data": manifest})
    request["ProcessingInputs"][1]["S3Input"]["S3DataType"] = "ManifestFile"
    sagemaker.call("CreateProcessingJob", request)
    assert finished(sagemaker, "Processing", "direct")["ProcessingJobStatus"] == "Completed"
    assert "['a/2.txt', 'b/1.txt']" in platform.logs["/aws/sagemaker/ProcessingJobs", "direct/algo-1"]


def test_every_machine_of_a_job_gets_its_share_of_the_files_and_leaves_its_own(
    sagemaker: SageMaker, platform: MemoryPlatform
) -> None:
    code = """
import json, pathlib, sys
root = pathlib.Path(sys.argv[2]).parent
host = json.loads((root / "config" / "resourceconfig.json").read_text())["current_host"]
found = {it.name: sorted(p.name for p in it.rglob("*.txt")) for it in (root / "processing" / "input").iterdir()}
(root / "processing" / "output" / "report" / f"{host}.json").write_text(json.dumps(found))
"""
    for place in range(5):
        platform.s3.put(f"data/{place}.txt", "x")
    request = processing(
        platform, code, inputs={name: f"s3://{BUCKET}/data" for name in ("shared", "whole")},
        outputs={"report": f"s3://{BUCKET}/report"},
    )  # fmt: skip
    by_name = {it["InputName"]: it["S3Input"] for it in request["ProcessingInputs"]}
    by_name["shared"]["S3DataDistributionType"] = "ShardedByS3Key"
    request["ProcessingResources"]["ClusterConfig"]["InstanceCount"] = 2
    sagemaker.call("CreateProcessingJob", request)
    job = finished(sagemaker, "Processing", "direct")
    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")
    first, second = (json.loads(platform.s3.stored[f"s3://{BUCKET}/report/algo-{it}.json"]) for it in (1, 2))
    assert (first["shared"], second["shared"]) == (["0.txt", "2.txt", "4.txt"], ["1.txt", "3.txt"])
    assert first["whole"] == second["whole"] == [f"{place}.txt" for place in range(5)]


def test_a_container_takes_a_limit_of_threads_from_its_machine_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setenv("A_SECRET_OF_THE_HOST", "x")
    made = environment(Root(tmp_path))
    assert made["OMP_NUM_THREADS"] == "3"
    assert "A_SECRET_OF_THE_HOST" not in made
    assert environment(Root(tmp_path), {"OMP_NUM_THREADS": "8"})["OMP_NUM_THREADS"] == "8", (
        "a request says more exactly"
    )
