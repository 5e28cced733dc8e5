"""Processing, training and transform jobs: asked for over the API or by a pipeline step, run, described and stopped."""

import contextlib
import tempfile
import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from local.sagemaker import state_events
from local.sagemaker.container import Root, TimedOutError
from local.sagemaker.errors import (
    JobFailedError,
    JobStoppedError,
    ResourceInUseError,
    ResourceNotFoundError,
    ValidationError,
)
from local.sagemaker.job_kinds import JobKind, Kind, kinds
from local.sagemaker.listing import page
from local.sagemaker.platform import Platform, Record
from local.sagemaker.processing import JobRun
from local.sagemaker.shelf import Shelf
from local.sagemaker.transform import Transforms

Operation = Callable[[Record], Record]


class Jobs:
    """Every job of this process."""

    def __init__(self, platform: Platform, transforms: Transforms) -> None:
        self._platform = platform
        self._kinds = kinds(transforms)
        self._shelves = {
            kind.name: Shelf(platform=platform, kind=f"{kind.name}Job", noun="job", path=kind.path)
            for kind in self._kinds.values()
        }
        self._stops: dict[str, threading.Event] = {}
        self._logs = platform.work_dir / "logs"
        self._logs.mkdir(parents=True, exist_ok=True)

    def operations(self) -> Mapping[str, Operation]:
        """API operations by name."""
        found: dict[str, Operation] = {}
        for kind in self._kinds.values():
            found |= {
                f"Create{kind.name}Job": partial(self._create, kind),
                f"Describe{kind.name}Job": partial(self._find, kind),
                f"List{kind.name}Jobs": partial(self._list, kind),
                f"Stop{kind.name}Job": partial(self._stop, kind),
            }
        return found

    def running(self) -> int:
        """How many jobs have not ended."""
        return sum(
            job[f"{name}JobStatus"] in ("InProgress", "Stopping")
            for name, shelf in self._shelves.items()
            for job in shelf
        )

    def log(self, name: str) -> Path:
        """The file with everything a job printed."""
        return self._logs / f"{name}.log"

    def stop_all(self) -> None:
        """Ask every running job to end."""
        for stop in list(self._stops.values()):
            stop.set()

    def perform(self, kind_name: JobKind, request: Record, stop: threading.Event) -> Record:
        """Run a job to its end in this thread.

        Args:
            kind_name: which kind of job.
            request: a valid Create request.
            stop: set it to stop the job.

        Returns:
            The job as the Describe operation shows it.

        Raises:
            JobFailedError: the FailureReason of the job.
            JobStoppedError: if it was stopped.
            ResourceInUseError: if the name is taken.
        """
        kind = self._kinds[kind_name]
        return self._run(kind, self._admit(kind, request, stop), request, stop)

    def described(self, kind_name: JobKind, name: str) -> Record:
        """A job as the Describe operation shows it. Raises ResourceNotFoundError if there is none of that name."""
        return self._find(self._kinds[kind_name], {f"{kind_name}JobName": name})

    def _create(self, kind: Kind, request: Record) -> Record:
        stop = threading.Event()
        job = self._admit(kind, request, stop)

        def work() -> None:
            with contextlib.suppress(JobFailedError, JobStoppedError):  # the job's record says so
                self._run(kind, job, request, stop)

        threading.Thread(target=work, daemon=True, name=f"{kind.name}-{request[f'{kind.name}JobName']}").start()
        return {f"{kind.name}JobArn": job[f"{kind.name}JobArn"]}

    def _admit(self, kind: Kind, request: Record, stop: threading.Event) -> Record:
        try:
            job = self._shelves[kind.name].add({**request, f"{kind.name}JobStatus": "InProgress"})
        except ValidationError as exc:
            name = request[f"{kind.name}JobName"]
            raise ResourceInUseError(
                f"Job name must be unique within an AWS account and region, and a job with this "
                f"name already exists ({self._shelves[kind.name].arn(name)})"
            ) from exc
        self._stops[request[f"{kind.name}JobName"]] = stop
        return job

    def _run(self, kind: Kind, job: Record, request: Record, stop: threading.Event) -> Record:
        name = request[f"{kind.name}JobName"]
        root = Root(Path(tempfile.mkdtemp(prefix=f"{name[:40]}-", dir=self._platform.work_dir)))
        run = JobRun(
            name=name, arn=job[f"{kind.name}JobArn"], platform=self._platform, root=root, log=self.log(name), stop=stop
        )
        self._change(kind, job, "InProgress", **{f"{kind.name}StartTime": self._platform.now()})
        try:
            self._change(kind, job, "Completed", **self._outcome(kind, request, run))
        except JobStoppedError:
            self._change(kind, job, "Stopped")
            raise
        except TimedOutError as exc:
            # AWS calls a job that ran out of time stopped, and gives no reason; the pipeline step says Failed.
            self._change(kind, job, "Stopped", SecondaryStatus="MaxRuntimeExceeded")
            raise JobFailedError(f"ClientError: {name}: {exc}") from exc
        except JobFailedError as exc:
            self._change(kind, job, "Failed", FailureReason=str(exc))
            raise
        except Exception as exc:
            self._change(kind, job, "Failed", FailureReason=f"InternalServerError: {exc}")
            raise JobFailedError(f"InternalServerError: {exc}") from exc
        return job

    def _outcome(self, kind: Kind, request: Record, run: JobRun) -> Record:
        """Run it; its log is readable and its files are gone before anybody learns that it has ended."""
        try:
            return kind.run(request, run)
        finally:
            self._stops.pop(run.name, None)
            run.root.remove()
            if run.log.exists():
                self._platform.write_log(kind.log_group, f"{run.name}/algo-1", run.log.read_text(errors="replace"))

    def _change(self, kind: Kind, job: Record, status: str, **facts: object) -> None:
        now = self._platform.now()
        running = status in ("InProgress", "Stopping")
        ended = {} if running else {f"{kind.name}EndTime": now}
        secondary = {"SecondaryStatus": "Training" if running else status}
        job.update({**secondary, **ended, **facts, f"{kind.name}JobStatus": status, "LastModifiedTime": now})
        self._platform.emit(state_events.job_changed(kind.name, job))

    def _find(self, kind: Kind, request: Record) -> Record:
        job = self._shelves[kind.name].find(request[f"{kind.name}JobName"])
        if job is None:
            raise ResourceNotFoundError("Requested resource not found.")
        return job

    def _list(self, kind: Kind, request: Record) -> Record:
        wanted = request.get("StatusEquals")
        jobs = [job for job in self._shelves[kind.name] if wanted in (None, job[f"{kind.name}JobStatus"])]
        return page(jobs, request, answer=f"{kind.name}JobSummaries", name=f"{kind.name}JobName")

    def _stop(self, kind: Kind, request: Record) -> Record:
        job = self._find(kind, request)
        name = request[f"{kind.name}JobName"]
        if job[f"{kind.name}JobStatus"] != "InProgress" or name not in self._stops:
            raise ValidationError(
                f"The request was rejected because the {kind.name.lower()} job is in status "
                f"{job[f'{kind.name}JobStatus']}."
            )
        self._change(kind, job, "Stopping")
        self._stops[name].set()
        return {}
