"""One execution of a pipeline: walks the steps in the order of their references, in a thread of its own.

Steps run one at a time. Nothing is cached: ``CacheConfig`` is accepted and every step runs.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from local.sagemaker import state_events
from local.sagemaker.definition import needed_steps
from local.sagemaker.errors import JobFailedError, JobStoppedError
from local.sagemaker.expressions import Scope
from local.sagemaker.platform import Platform, Record
from local.sagemaker.step_runs import StepRuns

_EXECUTION_REASON_CHARACTERS = 1300
_STEP_REASON_CHARACTERS = 1024


def _cut(text: str, limit: int) -> str:
    """At most ``limit`` characters; the end is kept, because that is where a traceback says what happened."""
    return text if len(text) <= limit else f"{text[:100]} ... {text[-(limit - 105) :]}"


@dataclass(kw_only=True)
class Execution:
    """A pipeline execution. ``record`` and ``steps`` are what the Describe and List operations show."""

    platform: Platform
    runs: StepRuns
    definition_text: str
    definition_steps: Sequence[Record]
    scope: Scope
    record: Record
    given_parameters: list[Record]
    steps: list[Record] = field(default_factory=list)
    _stop: threading.Event = field(init=False, default_factory=threading.Event)
    _thread: threading.Thread = field(init=False)
    _ending: threading.Lock = field(init=False, default_factory=threading.Lock)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread = threading.Thread(
            target=self._work, daemon=True, name=self.record["PipelineExecutionDisplayName"]
        )
        self.platform.emit(state_events.execution_changed(self.record, "Executing"))
        self._thread.start()

    def stop(self) -> None:
        """Ask it to stop: the running step is ended, no other starts."""
        with self._ending:
            if self.record["PipelineExecutionStatus"] != "Executing":
                return
            self._change("Stopping")
        self._stop.set()

    def wait(self, timeout_s: float) -> None:
        """Wait for the end."""
        self._thread.join(timeout_s)

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.record["PipelineExecutionStatus"] in ("Executing", "Stopping")

    def _work(self) -> None:
        status = "Succeeded"
        try:
            self._walk(list(self.definition_steps))
        except JobStoppedError:
            status = "Stopped"
        except JobFailedError as exc:
            self.record["FailureReason"] = _cut(str(exc), _EXECUTION_REASON_CHARACTERS)
            status = "Failed"
        with self._ending:
            self._change(status)

    def _walk(self, todo: list[Record]) -> None:
        """Run steps, each when everything it refers to in this list has ended; there is no cycle in a definition."""
        while todo:
            waiting = {step["Name"] for step in todo}
            step = next(step for step in todo if not needed_steps(step) & waiting)
            todo.remove(step)
            if self._stop.is_set():
                raise JobStoppedError("stopped on request")
            self._run(step)

    def _run(self, step: Record) -> None:
        entry: Record = {
            "StepName": step["Name"],
            "StepDisplayName": step.get("DisplayName"),
            "StepDescription": step.get("Description"),
            "StepType": step["Type"],
            "StartTime": self.platform.now(),
            "StepStatus": "Starting",
            "Metadata": {},
            "AttemptCount": 1,
        }
        self.steps.append(entry)
        self._change_step(entry, "Executing", previous="Starting")
        try:
            if step["Type"] == "Condition":
                branch = self._choose(step, entry)
            else:
                self.scope.properties[step["Name"]] = self.runs.run(
                    step, self.scope, stop=self._stop, announce=lambda metadata: self._announce(entry, metadata)
                )
                branch = []
        except JobStoppedError:
            self._end_step(entry, "Stopped")
            raise
        except JobFailedError as exc:
            entry["FailureReason"] = _cut(str(exc), _STEP_REASON_CHARACTERS)
            self._end_step(entry, "Failed")
            raise JobFailedError(f"Step failure: One or multiple steps failed: {step['Name']}: {exc}") from exc
        self._end_step(entry, "Succeeded")
        self._walk(branch)

    def _choose(self, step: Record, entry: Record) -> list[Record]:
        arguments = step["Arguments"]
        outcome = all([self.scope.holds(condition) for condition in arguments["Conditions"]])
        entry["Metadata"] = {"Condition": {"Outcome": str(outcome)}}
        self.scope.properties[step["Name"]] = {"Outcome": str(outcome)}
        return list(arguments.get("IfSteps" if outcome else "ElseSteps", []))

    def _announce(self, entry: Record, metadata: Record) -> None:
        entry["Metadata"] = metadata

    def _end_step(self, entry: Record, status: str) -> None:
        entry["EndTime"] = self.platform.now()
        self._change_step(entry, status, previous="Executing")

    def _change_step(self, entry: Record, status: str, *, previous: str) -> None:
        entry["StepStatus"] = status
        self.record["LastModifiedTime"] = self.platform.now()
        self.platform.emit(state_events.step_changed(self.record, entry, previous))

    def _change(self, status: str) -> None:
        previous = self.record["PipelineExecutionStatus"]
        self.record.update(PipelineExecutionStatus=status, LastModifiedTime=self.platform.now())
        self.platform.emit(state_events.execution_changed(self.record, previous))
