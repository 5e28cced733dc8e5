"""Runs one processing job: inputs from S3, the container's command on every machine, outputs to S3."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from local.sagemaker import transfer
from local.sagemaker.container import Process, Root, TimedOutError, environment
from local.sagemaker.errors import JobFailedError
from local.sagemaker.platform import Platform, Record

DEFAULT_MAX_RUNTIME_S = 86_400


@dataclass(frozen=True, kw_only=True)
class JobRun:
    """What a running job needs besides its request: where it lives, how it is stopped, where its log goes."""

    name: str
    arn: str
    platform: Platform
    root: Root
    log: Path
    stop: threading.Event

    def execute(self, command: list[str], env: dict[str, str], directory: Path, request: Record) -> None:
        """Run a command to its end within the job's time.

        Raises:
            JobFailedError: with the end of its standard error, if it fails or takes too long.
            JobStoppedError: if the job is stopped.
        """
        directory.mkdir(parents=True, exist_ok=True)
        process = Process(command=command, environment=env, directory=directory, log=self.log)
        process.start()
        limit_s = request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", DEFAULT_MAX_RUNTIME_S)
        code = process.wait(timeout_s=limit_s, stop=self.stop)
        if code:
            raise JobFailedError(f"AlgorithmError: exit code: {code}\n{process.error_tail()}")


def run(request: Record, job: JobRun) -> Record:
    """Run a processing job, on as many machines as it asks for.

    Args:
        request: a valid CreateProcessingJob request.
        job: the run.

    Returns:
        What the run adds to DescribeProcessingJob.

    Raises:
        JobFailedError: with AWS's FailureReason.
        JobStoppedError: if it was stopped.
    """
    count = int(request.get("ProcessingResources", {}).get("ClusterConfig", {}).get("InstanceCount", 1))
    names = [f"algo-{place}" for place in range(1, count + 1)]
    hosts = [
        Host(names=names, share=transfer.Share(place=place, of=count), root=_root(job.root, name, count))
        for place, name in enumerate(names)
    ]
    with ThreadPoolExecutor(max_workers=count, thread_name_prefix="processing") as machines:
        messages = list(machines.map(lambda host: host.run(request, job), hosts))
    return {"ExitMessage": messages[0]} if messages[0] is not None else {}


def _root(root: Root, name: str, count: int) -> Root:
    """One machine has the job's files to itself; of several each has its own."""
    return root if count == 1 else Root(root.path / name)


@dataclass(frozen=True, kw_only=True)
class Host:
    """One machine of a job: the names of all, its share of the inputs that are sharded, and its files."""

    names: list[str]
    share: transfer.Share
    root: Root

    def run(self, request: Record, job: JobRun) -> str | None:
        """Fetch, run, deliver; returns the message that the script left. Raises as the module's ``run`` does."""
        objects = job.platform.objects(request["RoleArn"])
        for item in request.get("ProcessingInputs", []):
            source = _s3_input(item)
            fetch = transfer.download_listed if source["S3DataType"] == "ManifestFile" else transfer.download
            sharded = source.get("S3DataDistributionType") == "ShardedByS3Key"
            place = self.root.place(source["LocalPath"])
            fetch(objects, source["S3Uri"], place, self.share if sharded else transfer.ALL)
        outputs = [
            (item["S3Output"], self.root.place(item["S3Output"]["LocalPath"]))
            for item in request.get("ProcessingOutputConfig", {}).get("Outputs", [])
            if "S3Output" in item
        ]
        self._write_configuration(request, job)
        layers = job.platform.job_environment(request["RoleArn"]), request.get("Environment", {})
        message = self.root.place("/opt/ml/output") / "message"
        try:
            job.execute(_command(request, self.root), environment(self.root, *layers), self.root.path, request)
        except JobFailedError as exc:
            raise reason_of(message, exc) from exc
        for target, directory in outputs:
            transfer.upload(objects, directory, target["S3Uri"])
        return message.read_text(errors="replace")[:1024] if message.is_file() else None

    def _write_configuration(self, request: Record, job: JobRun) -> None:
        config = self.root.place("/opt/ml/config")
        described = {**request, "ProcessingJobArn": job.arn}
        (config / "processingjobconfig.json").write_text(json.dumps(described))
        hosts = {"current_host": self.names[self.share.place], "hosts": self.names}
        (config / "resourceconfig.json").write_text(json.dumps(hosts))


def reason_of(file: Path, error: JobFailedError) -> JobFailedError:
    """The failure with the reason that a script left in a file, as AWS shows it; the failure itself if it left none."""
    if isinstance(error, TimedOutError) or not file.is_file():
        return error
    text = file.read_text(errors="replace").strip()[:900]
    return JobFailedError(f"AlgorithmError: {text}") if text else error


def _s3_input(item: Record) -> Record:
    source: Record | None = item.get("S3Input")
    if source is None:
        raise JobFailedError(f"ClientError: input {item['InputName']} is not an S3 input; no other kind runs locally")
    if "LocalPath" not in source:
        raise JobFailedError(f"ClientError: input {item['InputName']} has no LocalPath")
    return source


def _command(request: Record, root: Root) -> list[str]:
    application = request["AppSpecification"]
    if "ContainerEntrypoint" not in application:
        image = application["ImageUri"]
        raise JobFailedError(f"ClientError: no ContainerEntrypoint: the default of image {image} does not run locally")
    return [
        root.map(part) for part in (*application["ContainerEntrypoint"], *application.get("ContainerArguments", []))
    ]
