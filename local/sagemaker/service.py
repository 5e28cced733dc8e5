"""Puts the parts together: one SageMaker, its API operations, and the work that goes on in the background."""

import logging
import threading
from collections.abc import Callable, Mapping

from local.sagemaker import shapes
from local.sagemaker.capture import DataCapture
from local.sagemaker.endpoints import Endpoints
from local.sagemaker.errors import ServiceError
from local.sagemaker.executions import Executions
from local.sagemaker.fleet import FleetBuilder
from local.sagemaker.invocation import Invocations
from local.sagemaker.jobs import Jobs
from local.sagemaker.models import Models
from local.sagemaker.offline_store import OfflineStore
from local.sagemaker.packages import Packages
from local.sagemaker.pipelines import Pipelines
from local.sagemaker.platform import Platform, Record
from local.sagemaker.queued_invocations import QueuedInvocations
from local.sagemaker.records import Records
from local.sagemaker.step_runs import StepRuns
from local.sagemaker.transform import Transforms
from local.sagemaker.tuning import TuningJobs

_TICK_S = 0.5
_STOP_S = 10.0
_log = logging.getLogger(__name__)


class SageMaker:
    """One account's SageMaker. Close it to end every process it started."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.packages = Packages(platform)
        self.models = Models(platform, self.packages)
        self.jobs = Jobs(platform, Transforms(builder=FleetBuilder(platform=platform, models=self.models)))
        self.tuning = TuningJobs(platform, self.jobs)
        self.endpoints = Endpoints(platform, self.models)
        self.capture = DataCapture(platform)
        self.invocations = Invocations(platform, self.endpoints, self.capture)
        self.queued = QueuedInvocations(platform, self.endpoints, self.invocations)
        self.offline_store = OfflineStore(platform)
        self.records = Records(platform, self.offline_store)
        runs = StepRuns(
            platform=platform, jobs=self.jobs, tuning=self.tuning, packages=self.packages, models=self.models
        )
        self.pipelines = Pipelines(platform)
        self.executions = Executions(platform, self.pipelines, runs)
        self._operations: Mapping[str, Callable[[Record], Record]] = {
            **self.jobs.operations(),
            **self.tuning.operations(),
            **self.packages.operations(),
            **self.models.operations(),
            **self.endpoints.operations(),
            **self.pipelines.operations(),
            **self.executions.operations(),
            **self.records.groups.operations(),
        }
        self._closed = threading.Event()
        threading.Thread(target=self._tick, daemon=True, name="sagemaker-tick").start()

    def call(self, operation: str, request: Record) -> Record:
        """Answer one request of the SageMaker API.

        Args:
            operation: for example ``CreateModel``.
            request: in API shape; checked against AWS's service model.

        Returns:
            The answer in API shape, times in epoch seconds.

        Raises:
            ServiceError: in AWS's words. An operation that only AWS has is an ``UnknownOperationException``.
        """
        if operation not in self._operations:
            known = operation in shapes.operations("sagemaker")
            reason = "is not executed by the local SageMaker" if known else "is not an operation of SageMaker"
            raise ServiceError("UnknownOperationException", f"{operation} {reason}.")
        shapes.require_valid(operation, request)
        return shapes.project(operation, self._operations[operation](request))

    def flush(self) -> None:
        """Write everything that is buffered: data capture, offline store, metrics."""
        self.capture.flush()
        self.offline_store.flush()
        self.invocations.flush_measurements()

    def activity(self) -> Record:
        """What is under way, for a driver that waits until nothing is. ``pending`` counts work that ends by itself."""
        found = {
            "pipelines": self.executions.running(),
            "jobs": self.jobs.running(),
            "endpoints_changing": self.endpoints.changing(),
            "queued_invocations": self.queued.waiting(),
        }
        return {
            **found,
            "pending": sum(found.values()),
            "captured": self.capture.pending(),
            "offline_records": self.offline_store.pending(),
        }

    def close(self) -> None:
        """Stop every pipeline, job and server. What is buffered is dropped: the stores end with the process."""
        self._closed.set()
        self.jobs.stop_all()
        self.executions.stop_all(_STOP_S)
        self.queued.close()
        self.invocations.close()
        self.endpoints.close()

    def _tick(self) -> None:
        while not self._closed.wait(_TICK_S):
            try:
                self.capture.flush_due()
                self.offline_store.flush_due()
                self.invocations.flush_measurements()
            except Exception:  # the next tick must come, whatever one buffer holds
                _log.exception("background flush failed")
