"""Glue jobs that build training sets run here, on one machine instead of Spark, with the packages that were deployed.

The job's Spark script and ``python -m pipelines.training_set`` take the same arguments and write the same bytes, which
``make test-spark`` proves; so the second runs in the first one's place, with the rights of the job's role. Step
Functions' ``glue:startJobRun.sync`` is served as well.
"""

import json
import logging
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local.clock import clock
from local.emulator import idle, lifecycle, roles, settings
from local.emulator.ministack_core import ACCOUNT_ID, REGION, module

MODULE = "pipelines.training_set"
_ENDED = frozenset({"SUCCEEDED", "FAILED", "TIMEOUT", "STOPPED", "ERROR"})
_MINUTE_S = 60
_POLL_S = 0.2
_processes: list[subprocess.Popen[bytes]] = []
_log = logging.getLogger(__name__)


def install() -> None:
    """Run jobs, and let state machines wait for them."""
    glue, states = module("services.glue"), module("services.stepfunctions")
    glue._is_spark_job = lambda _job: False
    glue._resolve_script = str
    glue._execute_subprocess = _execute
    states._SERVICE_DISPATCH["arn:aws:states:::glue:startJobRun"] = _start_job_run
    idle.register("glue", _activity)
    lifecycle.on_stop(_stop)


def _stop() -> None:
    """End what still runs with the emulator."""
    for process in _processes:
        process.kill()
        process.wait()


def _activity() -> dict[str, int]:
    runs = [run for runs in module("services.glue")._job_runs.values() for run in runs]
    return {"pending": sum(run["JobRunState"] not in _ENDED for run in runs)}


def _execute(run: dict[str, Any], job: dict[str, Any], arguments: dict[str, str], _script: str) -> None:
    """Run one job to its end; the reason of a failure is what it said last."""
    folder = settings.state_dir() / "glue" / run["Id"]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        environment = _environment(job, arguments, folder)
        with (folder / "output.log").open("wb") as output, (folder / "error.log").open("wb") as errors:
            command = [sys.executable, "-m", MODULE, *_ours(arguments)]
            process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=errors)  # noqa: S603  # our own module
        _processes.append(process)
        code = process.wait(timeout=job.get("Timeout", 1) * _MINUTE_S)
        run["JobRunState"] = "SUCCEEDED" if code == 0 else "FAILED"
        run["ErrorMessage"] = "" if code == 0 else _last_line(folder / "error.log")
    except subprocess.TimeoutExpired:
        process.kill()
        run["JobRunState"], run["ErrorMessage"] = "TIMEOUT", "the job ran out of time"
    except (OSError, ClientError, BotoCoreError) as exc:
        run["JobRunState"], run["ErrorMessage"] = "FAILED", f"{type(exc).__name__}: {exc}"
    if run["ErrorMessage"]:
        _log.warning("Glue job %s: %s", run["JobName"], run["ErrorMessage"])


def _ours(arguments: dict[str, str]) -> list[str]:
    """The job's arguments; days are those of the injected clock."""
    today = {"--until": datetime.fromtimestamp(clock.now(), UTC).date().isoformat()}
    return [text for pair in {**today, **arguments}.items() for text in pair]


def _environment(job: dict[str, Any], arguments: dict[str, str], folder: Path) -> dict[str, str]:
    """The role's credentials and the packages that the job ships, fetched with that role's rights."""
    credentials = roles.session(_role_arn(job["Role"]), "GlueJobRunnerSession")
    packages = folder / "packages.zip"
    place = urlsplit(arguments["--extra-py-files"])
    store = boto3.client(
        "s3",
        endpoint_url=settings.endpoint_url(),
        region_name=REGION,
        aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=credentials["AWS_SESSION_TOKEN"] or None,
    )
    packages.write_bytes(store.get_object(Bucket=place.netloc, Key=place.path.lstrip("/"))["Body"].read())
    return {
        "PATH": os.defpath,
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(packages),
        "AWS_ENDPOINT_URL": settings.endpoint_url(),
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        **{name: value for name, value in credentials.items() if value},
    }


def _role_arn(role: str) -> str:
    return role if role.startswith("arn:") else f"arn:aws:iam::{ACCOUNT_ID}:role/{role}"


def _last_line(path: Path) -> str:
    lines = path.read_text(errors="replace").strip().splitlines()
    return lines[-1][:2_000] if lines else "the job failed without a word"


def _start_job_run(resource: str, document: dict[str, Any]) -> dict[str, Any]:
    """A task of a state machine; ``.sync`` waits for the run's end and fails with it."""
    states, glue = module("services.stepfunctions"), module("services.glue")
    status, _, body = glue._start_job_run(document)
    answer: dict[str, Any] = json.loads(body)
    if status >= 400:  # noqa: PLR2004  # where errors of HTTP begin
        raise states._ExecutionError(f"Glue.{answer.get('__type', 'AWSGlueException')}", str(answer.get("message", "")))
    if not resource.endswith(".sync"):
        return answer
    while True:
        described = json.loads(glue._get_job_run({"JobName": document["JobName"], "RunId": answer["JobRunId"]})[2])
        run: dict[str, Any] = described["JobRun"]
        if run["JobRunState"] in _ENDED:
            break
        time.sleep(_POLL_S)
    if run["JobRunState"] != "SUCCEEDED":
        raise states._ExecutionError("States.TaskFailed", json.dumps(run))
    return run
