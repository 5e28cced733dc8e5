"""How a trial stands, and how a person begins and ends it: the registry, the stack and the state machine are asked."""

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cli.deployment import Deployment
from cli.trial import reading, shadow
from cli.trial.standing import figures, told
from headrace.errors import HeadraceError
from headrace.schema import format_timestamp
from headrace.trial import CHALLENGER, CHAMPION, Tally, judge, tally
from headrace.usecase import Trial

End = Literal["promote", "reject"]
_PARAMETER = "ChallengerModelData"
_EXECUTIONS = 100


class TrialError(HeadraceError):
    """There is no trial, or it is in the hands of somebody else."""


@dataclass(frozen=True, kw_only=True)
class OnTrial:
    """The package whose artifact the second variant holds, since when (epoch seconds), and whether steps still run."""

    package: str
    since: int
    running: str | None


def standing(deployment: Deployment, since: int | None) -> dict[str, Any]:
    """How the trial stands, as JSON.

    Args:
        deployment: the platform.
        since: count answers and labels from then on (epoch seconds); None: since the trial began.

    Raises:
        TrialError: if nothing is on trial.
    """
    trial, found = _settings(deployment), on_trial(deployment)
    first = found.since if since is None else since
    about = {
        "package": found.package,
        "since": format_timestamp(first),
        "running": found.running,
        "steps": list(trial.steps),
        "shadow": trial.shadow,
    }
    if trial.shadow is not None:
        return {**about, **shadow.compared(deployment, first)}
    answers = list(reading.answers(deployment, (CHAMPION, CHALLENGER), first))
    truths = reading.truths(deployment, first)
    verdict = judge(deployment.usecase, answers, truths)
    counts = tally(deployment.usecase, answers, truths)
    return {
        **about,
        "variants": {it: figures(counts.get(it, Tally())) for it in (CHAMPION, CHALLENGER)},
        **told(verdict, trial),
    }


def begin(deployment: Deployment, package: str) -> str:
    """Put a registered package on trial; the ARN of the execution that does it.

    Raises:
        TrialError: if another one is on trial.
    """
    _settings(deployment)
    if _artifact(deployment):
        raise TrialError(f"{on_trial(deployment).package} is on trial: end that one first, with --promote or --reject")
    return _start(deployment, {"ModelPackageArn": package})


def end(deployment: Deployment, verdict: End) -> tuple[str, str]:
    """End the trial: the package is approved and takes over, or is rejected and unloaded, by the trial's machine.

    Returns:
        The package, and the ARN of the execution that ends its trial.

    Raises:
        TrialError: if nothing is on trial, or its steps still run and decide by themselves.
    """
    _settings(deployment)
    found = on_trial(deployment)
    if found.running:
        raise TrialError(f"the trial's steps still run in {found.running}; wait for their end, or stop that execution")
    return found.package, _start(deployment, {"ModelPackageArn": found.package, "Verdict": verdict})


def on_trial(deployment: Deployment) -> OnTrial:
    """What is on trial. Raises TrialError if nothing is."""
    artifact = _artifact(deployment)
    if not artifact:
        raise TrialError("nothing is on trial; begin one with --start and the ARN of a registered package")
    package = next((arn for arn in _packages(deployment) if _holds(deployment, arn, artifact)), None)
    if package is None:
        raise TrialError(f"no package of the group holds {artifact}; who put it on trial?")
    for it in _executions(deployment):
        given = json.loads(it["input"])
        if given.get("ModelPackageArn") == package and "Verdict" not in given:
            running = it["executionArn"] if it["status"] == "RUNNING" else None
            return OnTrial(package=package, since=int(it["startDate"].timestamp()), running=running)
    raise TrialError(f"no execution says when the trial of {package} began")


def _settings(deployment: Deployment) -> Trial:
    trial = deployment.usecase.serving.trial
    if trial is None:
        raise TrialError(f"{deployment.usecase.name} tries no challengers; set serving=Serving(trial=Trial(...))")
    return trial


def _artifact(deployment: Deployment) -> str:
    stack = deployment.cloudformation.describe_stacks(StackName=deployment.stack_name("endpoint"))["Stacks"][0]
    parameters = {it["ParameterKey"]: it["ParameterValue"] for it in stack.get("Parameters", [])}
    return parameters.get(_PARAMETER, "")


def _packages(deployment: Deployment) -> Iterator[str]:
    """The newest first: what is on trial is seldom old."""
    pages = deployment.sagemaker.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=deployment.output("training", "ModelPackageGroupName"),
        SortBy="CreationTime",
        SortOrder="Descending",
    )
    return (it["ModelPackageArn"] for page in pages for it in page["ModelPackageSummaryList"])


def _holds(deployment: Deployment, package: str, artifact: str) -> bool:
    about = deployment.sagemaker.describe_model_package(ModelPackageName=package)
    containers = about.get("InferenceSpecification", {}).get("Containers", [])
    return any(it.get("ModelDataUrl") == artifact for it in containers)


def _executions(deployment: Deployment) -> Iterator[Mapping[str, Any]]:
    listed = deployment.stepfunctions.list_executions(stateMachineArn=_machine(deployment), maxResults=_EXECUTIONS)
    for it in listed["executions"]:
        yield deployment.stepfunctions.describe_execution(executionArn=it["executionArn"])


def _start(deployment: Deployment, given: Mapping[str, str]) -> str:
    answer = deployment.stepfunctions.start_execution(
        stateMachineArn=_machine(deployment), name=f"cli-{uuid.uuid4().hex}", input=json.dumps(given)
    )
    return answer["executionArn"]


def _machine(deployment: Deployment) -> str:
    return deployment.output("serving", "TrialStateMachineArn")
