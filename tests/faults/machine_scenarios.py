"""Each state machine of the templates with its services played: what it may not do twice, and whom it tells."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from endpoint_machines import BATCHES, MACHINE, TRIALS, EndpointCourse
from ministack.services import dynamodb, stepfunctions
from played_machine import PlayedMachine, Refused, TaskFault
from role_grants import ACCOUNT, REGION, Roles
from role_guard import Guard

Facts = Mapping[str, Any]
_GROUP = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/headrace-fraud-dev"
_PIPELINE = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:pipeline/headrace-fraud-dev-training/execution"


@dataclass
class World:
    """What outlives executions: jobs by name, pipelines by token, approvals, and what was said."""

    jobs: Counter[str] = field(default_factory=Counter)
    pipelines: dict[str, str] = field(default_factory=dict)
    approved: list[str] = field(default_factory=lambda: [f"{_GROUP}/1"])
    said: set[tuple[str, str]] = field(default_factory=set)
    told: set[str] = field(default_factory=set)
    pipeline_ends: str = "Succeeded"
    job_ends: str = "Completed"
    runs_on: str = "processing"
    instances: int = 1

    def answers(self) -> dict[str, Callable[[Mapping[str, Any]], Any]]:
        """By operation."""
        return {
            "function": self._plan,
            "createProcessingJob": self._create,
            "describeProcessingJob": lambda _: {"ProcessingJobStatus": self.job_ends, "FailureReason": "bad rows"},
            "startJobRun": lambda _: {"JobRunState": "SUCCEEDED"},
            "listModelPackages": self._packages,
            "describeModelPackage": lambda _: {
                "InferenceSpecification": {"Containers": [{"ModelDataUrl": "s3://lake/champion.tar.gz"}]}
            },
            "startPipelineExecution": self._start,
            "describePipelineExecution": lambda _: {"PipelineExecutionStatus": self.pipeline_ends},
            "listPipelineExecutionSteps": lambda _: {
                "PipelineExecutionSteps": [{"StepName": "Train", "StepStatus": "Failed", "FailureReason": "no memory"}]
            },
            "updateModelPackage": self._approve,
            "describeExecution": self._execution,
            "putEvents": self._say,
            "publish": self._tell,
        }

    def facts(self, ends: Sequence[str]) -> Facts:
        """What must not differ."""
        return {
            "ends": list(ends),
            "jobs": sorted(self.jobs),
            "pipelines": len(self.pipelines),
            "approved": list(self.approved),
            "said": sorted(self.said),
            "told": sorted(self.told),
        }

    def _plan(self, given: Mapping[str, Any]) -> Any:
        if "published" in given:
            return {"published": given["published"]}
        if "arguments" in given:
            self.jobs["in a function"] += 1
            return {"judged": True}
        return {
            **_run("job"),
            "ready": True,
            "runs_on": self.runs_on,
            "again": False,
            "folder": "monitoring/x/",
            "counted": self.instances > 1,
            "count": {**_run("count"), "instances": self.instances},
        }

    def _create(self, given: Mapping[str, Any]) -> Any:
        name = given["ProcessingJobName"]
        if name in self.jobs:
            raise Refused("SageMaker.ResourceInUseException", "taken")
        self.jobs[name] += 1
        return {}

    def _packages(self, given: Mapping[str, Any]) -> Any:
        found = self.approved if "ModelApprovalStatus" in given else [f"{_GROUP}/{1 + len(self.pipelines)}"]
        return {"ModelPackageSummaryList": [{"ModelPackageArn": it} for it in reversed(found)]}

    def _start(self, given: Mapping[str, Any]) -> Any:
        token = given["ClientRequestToken"]
        self.pipelines.setdefault(token, f"{_PIPELINE}/{len(self.pipelines)}")
        return {"PipelineExecutionArn": self.pipelines[token]}

    def _approve(self, given: Mapping[str, Any]) -> Any:
        if given["ModelPackageArn"] not in self.approved:
            self.approved.append(given["ModelPackageArn"])
        return {}

    def _say(self, given: Mapping[str, Any]) -> Any:
        self.said |= {(it["Detail"]["Outcome"], it["Detail"]["Reason"]) for it in given["Entries"]}
        return {}

    def _tell(self, given: Mapping[str, Any]) -> Any:
        self.told.add(given["Subject"])
        return {}

    @staticmethod
    def _execution(given: Mapping[str, Any]) -> Any:
        if given["ExecutionArn"] not in stepfunctions._executions:
            raise Refused("Sfn.ExecutionDoesNotExistException", "gone")
        return {"Status": stepfunctions._executions[given["ExecutionArn"]]["status"]}


@dataclass(frozen=True)
class Course:
    """One way that an execution of a machine goes, and another that is asked for after it."""

    noun: str
    given: Mapping[str, Any]
    pipeline_ends: str = "Succeeded"
    job_ends: str = "Completed"
    held: bool = False
    """Somebody whom nobody remembers holds the lock."""
    runs_on: str = "processing"
    instances: int = 1
    deployment: str = "fraud"

    def walk(
        self, roles: Roles, *, guard: Guard | None = None, fault: TaskFault | None = None
    ) -> tuple[PlayedMachine, Facts]:
        """Go it. Returns the machine, which knows its tasks, and what holds afterwards."""
        world = World(
            pipeline_ends=self.pipeline_ends, job_ends=self.job_ends, runs_on=self.runs_on, instances=self.instances
        )
        arn, definition = machine(roles, self.noun)
        table = "headrace-fraud-dev-reaction" if self.noun == "retraining" else ""
        played = PlayedMachine(arn, definition, world.answers(), table=table, guard=guard, fault=fault)
        locked: list[Any] = []
        ends = played.run(
            [self.given, {**self.given, "RequestId": "r2"}],
            before=_hold if self.held else None,
            after=lambda: locked.extend(_locks(table)),
        )
        return played, {**world.facts(ends), "locked": locked}


def machine(roles: Roles, noun: str) -> tuple[str, str]:
    """The ARN and the definition of a stack's machine."""
    ((logical_id, it),) = [(name, it) for name, it in roles.bodies[noun]["Resources"].items() if it["Type"] == MACHINE]
    return roles.resolve(noun, {"Ref": logical_id}), roles.resolve(noun, it["Properties"]["DefinitionString"])


def _run(step: str) -> dict[str, Any]:
    """What CreateProcessingJob is asked for, under two names."""
    names = [f"headrace-fraud-dev-{step}-{attempt}" for attempt in (1, 2)]
    return {"names": names, "output": f"s3://lake/{step}/", "arguments": [], "inputs": []}


def _hold() -> None:
    item = {"subject": {"S": "lock"}, "entry_id": {"S": "current"}, "owner": {"S": _dead()}}
    dynamodb._put_item({"TableName": "headrace-fraud-dev-reaction", "Item": item})


def _dead() -> str:
    return f"arn:aws:states:{REGION}:{ACCOUNT}:execution:headrace-fraud-dev-retraining:dead"


def _locks(table: str) -> list[Any]:
    found = json.loads(dynamodb._scan({"TableName": table})[2])["Items"] if table else []
    return [it for it in found if it["subject"]["S"] == "lock"]


_ASKED = {"RequestId": "r1", "TriggerReason": "drift", "Promotion": "automatic"}
_WINDOW = {"kind": "data_quality", "time": "2026-03-04T01:10:00Z"}
COURSES: Mapping[str, Sequence[Course | EndpointCourse]] = {
    "monitoring/Machine": (
        Course("monitoring", _WINDOW),
        Course("monitoring", _WINDOW, job_ends="Failed"),
        Course("monitoring", _WINDOW, instances=4),
        Course("monitoring", _WINDOW, runs_on="lambda"),
    ),
    "retraining/Machine": (
        Course("retraining", _ASKED),
        Course("retraining", _ASKED, held=True),
        Course("retraining", _ASKED, pipeline_ends="Failed"),
    ),
    "serving/Batch": BATCHES,
    "serving/Trial": TRIALS,
}
"""Every machine of the templates, by its role."""
