"""Runs one training job as the toolkit of the framework containers does: script mode, channels, model.tar.gz.

A container without an entrypoint of its own is taken for a framework image in script mode. Built-in algorithms have no
code here and fail with a reason.
"""

import json
import re
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path

from local.sagemaker import training_environment, transfer
from local.sagemaker.container import Root, environment
from local.sagemaker.errors import JobFailedError
from local.sagemaker.platform import Record, S3Location
from local.sagemaker.processing import JobRun, reason_of
from local.sagemaker.training_environment import Cluster
from local.sagemaker.transfer import Share

_DIRECTORIES = ("input/config", "input/data", "model", "output/data", "code", "checkpoints")


def run(request: Record, job: JobRun) -> Record:
    """Run a training job, on as many machines as it asks for; what the first one leaves is the model.

    Args:
        request: a valid CreateTrainingJob request.
        job: the run.

    Returns:
        What the run adds to DescribeTrainingJob: ModelArtifacts and FinalMetricDataList.

    Raises:
        JobFailedError: with AWS's FailureReason.
        JobStoppedError: if it was stopped.
    """
    clusters = Cluster.of(request)
    runs = [
        replace(job, root=Root(job.root.path / cluster.current)) if len(clusters) > 1 else job for cluster in clusters
    ]
    with ThreadPoolExecutor(max_workers=len(runs), thread_name_prefix="training") as machines:
        ends = [
            machines.submit(_run_machine, request, run, cluster) for run, cluster in zip(runs, clusters, strict=True)
        ]
        for end in as_completed(ends):  # the first that fails has the reason, later ones have lost it
            end.result()
    return {
        "ModelArtifacts": {"S3ModelArtifacts": _store_output(request, runs[0])},
        "FinalMetricDataList": _metrics(request, job),
    }


def _run_machine(request: Record, job: JobRun, cluster: Cluster) -> None:
    for name in _DIRECTORIES:
        job.root.place(f"/opt/ml/{name}")
    objects, share = job.platform.objects(request["RoleArn"]), Share(place=cluster.place, of=len(cluster.names))
    for channel in request.get("InputDataConfig", []):
        source = _channel_source(channel)
        chosen = share if source.get("S3DataDistributionType") == "ShardedByS3Key" else transfer.ALL
        place = job.root.place(f"/opt/ml/input/data/{channel['ChannelName']}")
        transfer.download(objects, source["S3Uri"], place, chosen)
    training_environment.write_configuration(request, job, cluster)
    _fetch_checkpoints(request, job)
    try:
        _execute(request, job, cluster)
    except JobFailedError as exc:
        raise reason_of(job.root.opt_ml / "output" / "failure", exc) from exc
    finally:
        _store_checkpoints(request, job)


def _channel_source(channel: Record) -> Record:
    source: Record | None = channel["DataSource"].get("S3DataSource")
    if source is None or source["S3DataType"] != "S3Prefix":
        raise JobFailedError(
            f"ClientError: channel {channel['ChannelName']}: only an S3DataSource of type S3Prefix runs locally"
        )
    return source


def _execute(request: Record, job: JobRun, cluster: Cluster) -> None:
    parameters = training_environment.hyperparameters(request)
    own = training_environment.variables(request, job, parameters, cluster)
    env = environment(job.root, job.platform.job_environment(request["RoleArn"]), own, request.get("Environment", {}))
    algorithm = request["AlgorithmSpecification"]
    entrypoint = [*algorithm.get("ContainerEntrypoint", []), *algorithm.get("ContainerArguments", [])]
    code = job.root.place("/opt/ml/code")
    if entrypoint:
        job.execute([job.root.map(part) for part in entrypoint], env, code, request)
        return
    program = parameters.get("sagemaker_program") or env.get("SAGEMAKER_PROGRAM")
    if not program:
        raise JobFailedError(
            "ClientError: neither ContainerEntrypoint nor sagemaker_program: only script mode runs locally"
        )
    script = (
        _fetch_code(
            request, job, parameters.get("sagemaker_submit_directory") or env.get("SAGEMAKER_SUBMIT_DIRECTORY", "")
        )
        / program
    )
    if not script.is_file():
        raise JobFailedError(f"AlgorithmError: {program} is not in the submit directory")
    job.execute(["python3", str(script), *json.loads(own["SM_USER_ARGS"])], env, script.parent, request)


def _fetch_code(request: Record, job: JobRun, source: str) -> Path:
    code = job.root.place("/opt/ml/code")
    if not source.startswith("s3://"):
        found = Path(job.root.map(source)) if source else code
        if not found.is_file():
            return found
        transfer.unpack(found, code)  # as the toolkit does with an archive that a channel brought
        return code
    staging = job.root.place("/opt/ml/input/code")
    transfer.download(job.platform.objects(request["RoleArn"]), source, staging)
    archives = sorted(staging.glob("*.tar.gz"))
    if len(archives) != 1:
        raise JobFailedError(f"ClientError: sagemaker_submit_directory {source} is not one .tar.gz")
    transfer.unpack(archives[0], code)
    return code


def _fetch_checkpoints(request: Record, job: JobRun) -> None:
    config = request.get("CheckpointConfig")
    if not config:
        return
    objects = job.platform.objects(request["RoleArn"])
    if transfer.exists(objects, config["S3Uri"]):
        transfer.download(objects, config["S3Uri"], job.root.place(config.get("LocalPath", "/opt/ml/checkpoints")))


def _store_checkpoints(request: Record, job: JobRun) -> None:
    config = request.get("CheckpointConfig")
    if config:
        directory = job.root.place(config.get("LocalPath", "/opt/ml/checkpoints"))
        transfer.upload(job.platform.objects(request["RoleArn"]), directory, config["S3Uri"])


def _store_output(request: Record, job: JobRun) -> str:
    objects = job.platform.objects(request["RoleArn"])
    target = S3Location.parse(request["OutputDataConfig"]["S3OutputPath"]).child(f"{job.name}/output")
    for name, directory in (("output.tar.gz", "/opt/ml/output/data"), ("model.tar.gz", "/opt/ml/model")):
        source = job.root.place(directory)
        if name == "model.tar.gz" or any(source.iterdir()):
            archive = job.root.path / name
            transfer.pack(source, archive)
            transfer.upload_file(objects, archive, target.child(name).uri)
    return target.child("model.tar.gz").uri


def _metrics(request: Record, job: JobRun) -> list[Record]:
    log = job.log.read_text(errors="replace") if job.log.exists() else ""
    found = []
    for definition in request["AlgorithmSpecification"].get("MetricDefinitions", []):
        values = re.findall(definition["Regex"], log)
        if values:
            last = values[-1][0] if isinstance(values[-1], tuple) else values[-1]
            found.append({"MetricName": definition["Name"], "Value": float(last), "Timestamp": job.platform.now()})
    return found
