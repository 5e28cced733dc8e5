"""What the job that builds training sets promises: Glue 5, encrypted, in its folders, with the code it needs."""

import json
import zipfile
from pathlib import Path
from typing import Any

from synthesized import Synthesized, listed, text


def test_it_is_a_spark_job_of_glue_5_that_grows_and_ends(prod: Synthesized) -> None:
    job = _job(prod)
    assert job["GlueVersion"] == "5.0"
    assert (job["Command"]["Name"], job["Command"]["PythonVersion"]) == ("glueetl", "3")
    assert job["WorkerType"] == "G.1X"
    assert job["DefaultArguments"]["--enable-auto-scaling"] == "true"
    assert job["NumberOfWorkers"] >= 2  # the most that scaling may take
    assert 0 < job["Timeout"] <= 480
    assert (job["MaxRetries"], job["ExecutionProperty"]["MaxConcurrentRuns"]) == (0, 1)


def test_only_dev_waits_for_spare_capacity(synth: Any) -> None:
    classes = {stage: _job(synth(stage))["ExecutionClass"] for stage in ("dev", "staging", "prod", "local")}
    assert classes == {"dev": "FLEX", "staging": "STANDARD", "prod": "STANDARD", "local": "STANDARD"}


def test_the_set_knows_what_it_was_built_from_so_glue_keeps_no_bookmarks(prod: Synthesized) -> None:
    assert _job(prod)["DefaultArguments"]["--job-bookmark-option"] == "job-bookmark-disable"


def test_its_arguments_name_the_use_case_the_lake_and_the_set(prod: Synthesized) -> None:
    arguments = _job(prod)["DefaultArguments"]
    assert (arguments["--usecase"], arguments["--set"]) == ("fraud", "current")
    assert "s3://" in text(arguments["--lake"])
    assert "ExportsOutputRefBucket" in text(arguments["--lake"])


def test_output_logs_and_bookmarks_are_encrypted_with_the_lakes_key(prod: Synthesized) -> None:
    encryption = prod.only("training", "AWS::Glue::SecurityConfiguration")["EncryptionConfiguration"]
    (objects,) = encryption["S3Encryptions"]
    assert objects["S3EncryptionMode"] == encryption["CloudWatchEncryption"]["CloudWatchEncryptionMode"] == "SSE-KMS"
    assert encryption["JobBookmarksEncryption"]["JobBookmarksEncryptionMode"] == "CSE-KMS"
    keys = [objects, encryption["CloudWatchEncryption"], encryption["JobBookmarksEncryption"]]
    assert all("ExportsOutputFnGetAttKey" in text(it["KmsKeyArn"]) for it in keys)
    body = prod.bodies["training"]["Resources"]
    (own,) = [name for name, it in body.items() if it["Type"] == "AWS::Glue::SecurityConfiguration"]
    assert _job(prod)["SecurityConfiguration"] == {"Ref": own}


def test_its_role_reads_events_and_labels_and_writes_training_sets_only(prod: Synthesized) -> None:
    statements = prod.statements("training", "TrainingSetJobRole")
    changed = {"s3:PutObject", "s3:DeleteObject"}
    written = [it for it in statements if changed & {*listed(it["Action"])}]
    assert changed <= {action for it in written for action in listed(it["Action"])}
    assert all('/training/*"' in text(resource) for it in written for resource in listed(it["Resource"]))
    read = [text(it["Resource"]) for it in statements if "s3:GetObject" in listed(it["Action"])]
    assert all(f"/{folder}/*" in "".join(read) for folder in ("events", "labels", "training"))
    assert not any(f"/{folder}/*" in "".join(read) for folder in ("models", "quarantine", "capture"))
    assert {it for it in prod.actions("training", "TrainingSetJobRole") if it.startswith(("iam:", "glue:"))} == set()


def test_its_metrics_go_to_glues_namespace(prod: Synthesized) -> None:
    (metrics,) = [
        it for it in prod.statements("training", "TrainingSetJobRole") if it["Action"] == "cloudwatch:PutMetricData"
    ]
    assert metrics["Condition"] == {"StringEquals": {"cloudwatch:namespace": "Glue"}}


def test_only_glue_assumes_its_role(prod: Synthesized) -> None:
    roles = prod.bodies["training"]["Resources"].items()
    (role,) = [it["Properties"] for name, it in roles if name.startswith("TrainingSetJobRole") and "Role" in it["Type"]]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "glue.amazonaws.com"}


def test_the_zip_holds_all_that_the_script_imports_and_one_use_case(prod: Synthesized) -> None:
    names = set(zipfile.ZipFile(_asset(prod, ".zip")).namelist())
    assert {
        "pipelines/glue/engine.py",
        "pipelines/training_set/build.py",
        "headrace/windows_columnar/frame.py",
    } <= names
    assert {it for it in names if it.startswith("usecases/")} == {"usecases/__init__.py", "usecases/fraud.py"}
    assert not [it for it in names if it.startswith(("pipelines/jobs", "pipelines/retraining"))]
    script = _asset(prod, ".py").read_text()
    assert "from pipelines.glue.engine import SparkEngine" in script


def test_its_name_is_published(prod: Synthesized) -> None:
    output = prod.bodies["training"]["Outputs"]["TrainingSetJobName"]["Value"]
    assert output == _job(prod)["Name"] == "headrace-fraud-prod-training-set"


def _job(stage: Synthesized) -> dict[str, Any]:
    return stage.only("training", "AWS::Glue::Job")


def _asset(stage: Synthesized, ending: str) -> Path:
    job, assets = text(_job(stage)), json.loads((stage.folder / f"{stage.prefix}-training.assets.json").read_text())
    (found,) = [
        it["source"]["path"]
        for it in assets["files"].values()
        if (key := next(iter(it["destinations"].values()))["objectKey"]).endswith(ending) and key in job
    ]
    return stage.folder / found
