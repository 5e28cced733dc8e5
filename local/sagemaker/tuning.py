"""Tuning jobs: candidates with drawn hyperparameters, trained one after the other, and the best of them.

Each candidate is a training job of its own, as on AWS, and fails alone; the tuning job fails if none is left.
"""

import secrets
import threading
from collections.abc import Callable, Mapping
from typing import Any

from local.sagemaker import state_events
from local.sagemaker.candidates import candidates
from local.sagemaker.errors import (
    JobFailedError,
    JobStoppedError,
    ResourceInUseError,
    ResourceNotFoundError,
    ValidationError,
)
from local.sagemaker.jobs import Jobs
from local.sagemaker.listing import page
from local.sagemaker.platform import Platform, Record
from local.sagemaker.shelf import Shelf

KIND = "HyperParameterTuningJob"
_NOT_OF_A_JOB = ("StaticHyperParameters", "DefinitionName", "TuningObjective", "HyperParameterRanges", "RetryStrategy")
_MOST_REASONS, _REASON_CHARACTERS = 4, 900  # AWS keeps 1,024 characters in all


class TuningJobs:
    """Every tuning job of this process."""

    def __init__(self, platform: Platform, jobs: Jobs) -> None:
        self._platform = platform
        self._jobs = jobs
        self._shelf = Shelf(platform=platform, kind=KIND, noun="job", path="hyper-parameter-tuning-job")
        self._candidates: dict[str, list[Record]] = {}

    def operations(self) -> Mapping[str, Callable[[Record], Record]]:
        """API operations by name. A tuning job is started by a pipeline only."""
        return {
            f"Describe{KIND}": self._find,
            f"List{KIND}s": self._list,
            f"ListTrainingJobsFor{KIND}": self._list_candidates,
        }

    def perform(self, request: Record, stop: threading.Event) -> Record:
        """Train every candidate in this thread.

        Args:
            request: a valid CreateHyperParameterTuningJob request.
            stop: set it to stop the job.

        Returns:
            The job as the Describe operation shows it, and its candidates, best first, as the listing does.

        Raises:
            JobFailedError: the FailureReason of the job.
            JobStoppedError: if it was stopped.
            ResourceInUseError: if the name is taken.
        """
        job = self._admit(request)
        try:
            self._train_all(job, request, stop)
        except JobStoppedError:
            self._change(job, "Stopped")
            raise
        best = self._ranked(job)
        if not best:
            found = self._candidates[job[f"{KIND}Name"]]
            reason = f"ClientError: No training job succeeded after {len(found)} attempts."
            self._change(job, "Failed", FailureReason=reason)
            raise JobFailedError(f"{reason} {_reasons(found)}")
        self._change(job, "Completed", BestTrainingJob=best[0])
        return {**job, "TrainingJobSummaries": best}

    def _admit(self, request: Record) -> Record:
        name = request[f"{KIND}Name"]
        try:
            job = self._shelf.add({**request, f"{KIND}Status": "InProgress", "TrainingJobStatusCounters": _counted([])})
        except ValidationError as exc:
            raise ResourceInUseError(f"A tuning job with this name already exists ({self._shelf.arn(name)})") from exc
        self._candidates[name] = []
        self._change(job, "InProgress")
        return job

    def _train_all(self, job: Record, request: Record, stop: threading.Event) -> None:
        config, name = request[f"{KIND}Config"], request[f"{KIND}Name"]
        many = config["ResourceLimits"].get("MaxNumberOfTrainingJobs", 1)
        with self._jobs.log(name).open("w") as log:
            for number, drawn in enumerate(candidates(config), start=1):
                log.write(f"candidate {number}/{many}: {_words(drawn)}\n")
                log.flush()
                found = self._train(request, f"{name}-{number:03d}-{secrets.token_hex(4)}", drawn, stop)
                self._candidates[name].append(found)
                job["TrainingJobStatusCounters"] = _counted(self._candidates[name])
                log.write(f"candidate {number}/{many}: {_words(drawn)}: {_outcome(found)}\n")

    def _train(self, request: Record, name: str, drawn: dict[str, str], stop: threading.Event) -> Record:
        """Train one candidate and return its summary."""
        definition, metric = request["TrainingJobDefinition"], _objective(request)["MetricName"]
        own = {"_tuning_objective_metric": metric, **drawn}
        training = {
            **{key: value for key, value in definition.items() if key not in _NOT_OF_A_JOB},
            "TrainingJobName": name,
            "HyperParameters": {**definition.get("StaticHyperParameters", {}), **own},
        }
        try:
            done = self._jobs.perform("Training", training, stop)
        except JobFailedError as exc:
            return {**self._summary(name, drawn, "Failed"), "FailureReason": str(exc)}
        found = {it["MetricName"]: it["Value"] for it in done["FinalMetricDataList"]}
        if metric not in found:
            reason = f"ClientError: the log of the job has no {metric}"
            return {**self._summary(name, drawn, "Failed"), "FailureReason": reason}
        value: Record = {**_objective(request), "Value": found[metric]}
        return {**self._summary(name, drawn, "Completed"), f"Final{KIND}ObjectiveMetric": value}

    def _summary(self, name: str, drawn: dict[str, str], status: str) -> Record:
        job = self._jobs.described("Training", name)
        times: Record = {
            key: job[key] for key in ("CreationTime", "TrainingStartTime", "TrainingEndTime") if key in job
        }
        arn = {"TrainingJobName": name, "TrainingJobArn": job["TrainingJobArn"]}
        return {**arn, **times, "TrainingJobStatus": status, "TunedHyperParameters": drawn}

    def _ranked(self, job: Record) -> list[Record]:
        """The candidates that have the objective, best first; of equals the earlier one."""
        done = [it for it in self._candidates[job[f"{KIND}Name"]] if f"Final{KIND}ObjectiveMetric" in it]
        more = -1 if _objective(job)["Type"] == "Maximize" else 1
        return sorted(done, key=lambda it: more * float(it[f"Final{KIND}ObjectiveMetric"]["Value"]))

    def _change(self, job: Record, status: str, **facts: Any) -> None:
        now = self._platform.now()
        ended = {} if status == "InProgress" else {"HyperParameterTuningEndTime": now}
        job.update({**facts, **ended, f"{KIND}Status": status, "LastModifiedTime": now})
        self._platform.emit(state_events.tuning_changed(job))

    def _find(self, request: Record) -> Record:
        job = self._shelf.find(request[f"{KIND}Name"])
        if job is None:
            raise ResourceNotFoundError("Requested resource not found.")
        return job

    def _list(self, request: Record) -> Record:
        wanted = request.get("StatusEquals")
        jobs = [
            {**job, "Strategy": job[f"{KIND}Config"]["Strategy"], "ObjectiveStatusCounters": _judged(job)}
            for job in self._shelf
            if wanted in (None, job[f"{KIND}Status"])
        ]
        return page(jobs, request, answer=f"{KIND}Summaries", name=f"{KIND}Name")

    def _list_candidates(self, request: Record) -> Record:
        job = self._find(request)
        wanted, every = request.get("StatusEquals"), self._candidates[job[f"{KIND}Name"]]
        if request.get("SortBy") == "FinalObjectiveMetricValue":
            ranked = self._ranked(job)
            every = ranked if request.get("SortOrder", "Ascending") == "Descending" else ranked[::-1]
            every = every if _objective(job)["Type"] == "Maximize" else every[::-1]
            return {"TrainingJobSummaries": every[: request.get("MaxResults", 100)]}
        kept = [it for it in every if wanted in (None, it["TrainingJobStatus"])]
        return page(kept, request, answer="TrainingJobSummaries", name="TrainingJobName")


def _objective(request: Record) -> Record:
    found: Record = request[f"{KIND}Config"][f"{KIND}Objective"]
    return found


def _counted(found: list[Record]) -> Record:
    states = [it["TrainingJobStatus"] for it in found]
    failed = states.count("Failed")
    return {"Completed": states.count("Completed"), "InProgress": 0, "RetryableError": 0, "NonRetryableError": failed,
            "Stopped": 0}  # fmt: skip


def _judged(job: Record) -> Record:
    counted = job["TrainingJobStatusCounters"]
    return {"Succeeded": counted["Completed"], "Pending": 0, "Failed": counted["NonRetryableError"]}


def _words(drawn: dict[str, str]) -> str:
    return " ".join(f"{name}={value[:8]}" for name, value in drawn.items())


def _outcome(found: Record) -> str:
    value = found.get(f"Final{KIND}ObjectiveMetric")
    return f"{value['MetricName']}={value['Value']:.6f}" if value else str(found["FailureReason"]).splitlines()[0]


def _reasons(found: list[Record]) -> str:
    """Different reasons once each, or the one that nobody expected hides behind those that somebody did.

    Of a traceback the first line names the kind and the last one the error.
    """
    lines = [*dict.fromkeys((it[0], it[-1]) for it in (str(one["FailureReason"]).splitlines() for one in found))]
    most = _REASON_CHARACTERS // (2 * min(len(lines), _MOST_REASONS) or 1)
    return "; ".join(": ".join(dict.fromkeys(line[:most] for line in pair)) for pair in lines[:_MOST_REASONS])
