"""What the machines around an endpoint act on: trials of challengers, and jobs that score in batch.

A machine that was told once that something failed goes on; one that is told so for good leaves nothing half done, and
its alarm calls people.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from played_machine import Answering, PlayedMachine, Refused, TaskFault
from role_grants import ACCOUNT, REGION, Roles
from role_guard import Guard

Facts = Mapping[str, Any]
MACHINE = "AWS::StepFunctions::StateMachine"
_GROUP = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/headrace-fraud-dev"
_MODEL = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model/model-1"
CHAMPION, *CHALLENGERS = (f"{_GROUP}/{version}" for version in (1, 2, 3))
_STACK_ERROR = "CloudFormation.CloudFormationException"


@dataclass
class Endpoint:
    """The endpoint's stack and its two variants, the registry, and alarms that go off at a share."""

    alarm_at: int = 101
    rolls_back: str = ""
    """The package or artifact whose update ends in a rollback."""
    serving: str = CHAMPION
    challenger: str = ""
    share: int = 0
    verdicts: dict[str, str] = field(default_factory=lambda: dict.fromkeys(CHALLENGERS, "PendingManualApproval"))
    approved: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    status: str = "UPDATE_COMPLETE"

    def answers(self) -> dict[str, Answering]:
        """By operation."""
        return {
            "describeModelPackage": lambda given: {
                "InferenceSpecification": {"Containers": [{"ModelDataUrl": _artifact(given["ModelPackageName"])}]}
            },
            "describeEndpoint": lambda _: {"ProductionVariants": [{"CurrentInstanceCount": 2}]},
            "updateStack": self._update,
            "describeStacks": lambda _: {"Stacks": [{"StackStatus": self.status}]},
            "updateEndpointWeightsAndCapacities": self._shift,
            "describeAlarms": lambda _: {"MetricAlarms": [{}] if self.share >= self.alarm_at else []},
            "updateModelPackage": self._judge,
        }

    def _update(self, given: Mapping[str, Any]) -> Any:
        if given["ClientRequestToken"] in self.tokens:
            raise Refused("CloudFormation.TokenAlreadyExistsException", "started before")
        new = {it["ParameterKey"]: it["ParameterValue"] for it in given["Parameters"] if "ParameterValue" in it}
        serving, challenger = new.get("ModelPackageArn", self.serving), new.get("ChallengerModelData", self.challenger)
        if (serving, challenger) == (self.serving, self.challenger):
            raise Refused(_STACK_ERROR, "No updates are to be performed.")
        self.tokens.add(given["ClientRequestToken"])
        undone = self.rolls_back in (serving, challenger) and bool(self.rolls_back)
        self.status = "UPDATE_ROLLBACK_COMPLETE" if undone else "UPDATE_COMPLETE"
        if not undone:
            self.serving, self.challenger = serving, challenger
        return {}

    def _shift(self, given: Mapping[str, Any]) -> Any:
        self.share = given["DesiredWeightsAndCapacities"][1]["DesiredWeight"]
        return {}

    def _judge(self, given: Mapping[str, Any]) -> Any:
        package, verdict = given["ModelPackageArn"], given["ModelApprovalStatus"]
        if verdict == "Approved" and package not in self.approved:
            self.approved.append(package)
        self.verdicts[package] = verdict
        return {}

    def half(self) -> list[str]:
        """What nobody may find between two executions."""
        rejected = {it for it, verdict in self.verdicts.items() if verdict == "Rejected"}
        checks = {
            "serves what is rejected": self.serving in rejected,
            "asks what is rejected": bool(self.share) and self.challenger in map(_artifact, rejected),
            "approved, and does not serve": any(
                verdict == "Approved" and it != self.serving for it, verdict in [*self.verdicts.items()][-1:]
            ),
        }
        return [what for what, holds in checks.items() if holds]

    def facts(self) -> Facts:
        """What must not differ."""
        held = {"serving": self.serving, "challenger": self.challenger, "share": self.share}
        return {"approved": list(self.approved), "verdicts": dict(self.verdicts), "endpoint": held, "jobs": []}


@dataclass
class Batch:
    """A model or none, files or none, and transform jobs by name."""

    model: bool = True
    files: int = 1
    job_ends: str = "Completed"
    jobs: Counter[str] = field(default_factory=Counter)

    def answers(self) -> dict[str, Answering]:
        """By operation."""
        return {
            "listStackResources": lambda _: {
                "StackResourceSummaries": [{"PhysicalResourceId": _MODEL}] if self.model else []
            },
            "listObjectsV2": lambda _: {"KeyCount": self.files},
            "createTransformJob": self._create,
            "describeTransformJob": self._describe,
        }

    def _create(self, given: Mapping[str, Any]) -> Any:
        name = given["TransformJobName"]
        if name in self.jobs:
            raise Refused("SageMaker.ResourceInUseException", "taken")
        self.jobs[name] += 1
        return {"TransformJobArn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:transform-job/{name}"}

    def _describe(self, given: Mapping[str, Any]) -> Any:
        if given["TransformJobName"] not in self.jobs:
            raise Refused("SageMaker.SageMakerException", "Could not find requested job")
        return {"TransformJobStatus": self.job_ends, "FailureReason": "bad rows"}

    def half(self) -> list[str]:
        """Jobs are what SageMaker makes of them."""
        return []

    def facts(self) -> Facts:
        """What must not differ."""
        return {"approved": [], "jobs": sorted(self.jobs)}


@dataclass(frozen=True)
class EndpointCourse:
    """One way that an execution goes in a deployment, and another that is asked for after it."""

    deployment: str
    world: Callable[[], Endpoint | Batch]
    inputs: Sequence[Mapping[str, Any]]

    def walk(
        self, roles: Roles, *, guard: Guard | None = None, fault: TaskFault | None = None
    ) -> tuple[PlayedMachine, Facts]:
        """Go it. Returns the machine, which knows its tasks, and what holds afterwards."""
        world, half = self.world(), list[str]()
        ((logical_id, it),) = [
            (name, it) for name, it in roles.bodies["serving"]["Resources"].items() if it["Type"] == MACHINE
        ]
        definition = roles.resolve("serving", it["Properties"]["DefinitionString"])
        arn = roles.resolve("serving", {"Ref": logical_id})
        played = PlayedMachine(arn, definition, world.answers(), guard=guard, fault=fault)
        ends = played.run(self.inputs, each=lambda: half.extend(world.half()))
        told = ["alarm"] if "FAILED" in ends and _alarmed(roles, arn) else []
        same = {"ends": ends, "told": told, "half": half, "locked": [], "pipelines": 0, "said": [], "steadfast": True}
        return played, {**same, **world.facts()}


def _alarmed(roles: Roles, machine: str) -> bool:
    """Whether an execution that failed is an alarm."""
    alarms = [it for it in roles.bodies["serving"]["Resources"].values() if it["Type"] == "AWS::CloudWatch::Alarm"]
    found = [roles.resolve("serving", it["Properties"]) for it in alarms]
    return any(it["MetricName"] == "ExecutionsFailed" and machine in str(it["Dimensions"]) for it in found)


def _artifact(package: str) -> str:
    return f"s3://lake/models/{package.rpartition('/')[2]}/model.tar.gz"


_FIRST, _SECOND = ({"ModelPackageArn": it} for it in CHALLENGERS)
_JUDGED = [{**_FIRST, "Verdict": "promote"}, {**_SECOND, "Verdict": "reject"}]
_NEXT = [_FIRST, _SECOND]
_TWICE: Sequence[Mapping[str, Any]] = [{}, {}]
TRIALS = (
    EndpointCourse("trial", Endpoint, _NEXT),
    EndpointCourse("trial", lambda: Endpoint(alarm_at=25), _NEXT),
    EndpointCourse("trial", lambda: Endpoint(rolls_back=_artifact(CHALLENGERS[0])), _NEXT),
    EndpointCourse("trial", lambda: Endpoint(rolls_back=CHALLENGERS[0]), _NEXT),
    EndpointCourse("A/B", Endpoint, [_FIRST, _JUDGED[0]]),
    EndpointCourse("A/B", Endpoint, _JUDGED),
    EndpointCourse("shadow", Endpoint, [_FIRST, _JUDGED[0]]),
    EndpointCourse("shadow", lambda: Endpoint(alarm_at=0), _NEXT),
    EndpointCourse("shadow", Endpoint, _JUDGED),
)
BATCHES = (
    EndpointCourse("batch", Batch, _TWICE),
    EndpointCourse("batch", lambda: Batch(job_ends="Failed"), _TWICE),
    EndpointCourse("batch", lambda: Batch(model=False), _TWICE),
    EndpointCourse("batch", lambda: Batch(files=0), _TWICE),
)
