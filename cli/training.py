"""Train, approve, roll out: the retraining state machine started by hand, followed to its end."""

import json
import time
import uuid

from cli.deployment import Deployment
from cli.plan import Report
from headrace.errors import HeadraceError

POLL_S = 0.5
TRAINING_LIMIT_S = 3_600
ROLLOUT_LIMIT_S = 600
STEPS = 6
"""Of a run that registers a model."""


class TrainingError(HeadraceError):
    """The retraining run failed; the message holds the step and its reason."""


class RolloutError(HeadraceError):
    """The approved model did not reach the endpoint."""


def train(
    deployment: Deployment, training_prefix: str, rows: int, reason: str, report: Report, *, hold: bool = False
) -> str:
    """Run the retraining state machine on a training set of so many rows.

    Args:
        deployment: the platform.
        training_prefix: where the training set lies.
        rows: how many it has.
        reason: why, for the record.
        report: called while it works.
        hold: leave the model waiting for approval, even where the use case promotes what passes its gates.

    Returns:
        The ARN of the registered model package.

    Raises:
        TrainingError: if the run fails, is stopped or does not end in an hour.
    """
    given = {"InputData": training_prefix, "TrainingRows": rows, "TriggerReason": reason}
    run = deployment.stepfunctions.start_execution(
        stateMachineArn=deployment.output("retraining", "StateMachineArn"),
        name=f"cli-{uuid.uuid4().hex}",
        input=json.dumps({**given, "Promotion": "manual"} if hold else given),
    )["executionArn"]
    deadline = time.monotonic() + TRAINING_LIMIT_S
    while (state := deployment.stepfunctions.describe_execution(executionArn=run))["status"] == "RUNNING":
        report(*_steps(deployment))
        if time.monotonic() > deadline:
            raise TrainingError(f"retraining did not end within {TRAINING_LIMIT_S} s; look at {run}")
        time.sleep(POLL_S)
    if state["status"] != "SUCCEEDED":
        raise TrainingError(f"retraining {state['status'].lower()}: {state.get('cause') or _failure(deployment)}")
    report(*_steps(deployment))
    return newest_package(deployment)


def newest_package(deployment: Deployment) -> str:
    """The ARN of the newest package in the use case's group.

    Raises:
        TrainingError: if the group is empty.
    """
    packages = deployment.sagemaker.list_model_packages(
        ModelPackageGroupName=deployment.output("training", "ModelPackageGroupName"),
        SortBy="CreationTime",
        SortOrder="Descending",
        MaxResults=1,
    )["ModelPackageSummaryList"]
    if not packages:
        raise TrainingError("the pipeline ended without registering a model package")
    return packages[0]["ModelPackageArn"]


def _steps(deployment: Deployment) -> tuple[int, int, str]:
    pipeline = deployment.output("training", "PipelineName")
    runs = deployment.sagemaker.list_pipeline_executions(
        PipelineName=pipeline, SortBy="CreationTime", SortOrder="Descending"
    )
    if not runs["PipelineExecutionSummaries"]:
        return 0, STEPS, "starting the pipeline"
    steps = deployment.sagemaker.list_pipeline_execution_steps(
        PipelineExecutionArn=runs["PipelineExecutionSummaries"][0]["PipelineExecutionArn"], SortOrder="Ascending"
    )["PipelineExecutionSteps"]
    done = sum(step["StepStatus"] == "Succeeded" for step in steps)
    return done, max(STEPS, len(steps)), " → ".join(step["StepName"] for step in steps)


def _failure(deployment: Deployment) -> str:
    pipeline = deployment.output("training", "PipelineName")
    runs = deployment.sagemaker.list_pipeline_executions(
        PipelineName=pipeline, SortBy="CreationTime", SortOrder="Descending"
    )
    for run in runs["PipelineExecutionSummaries"][:1]:
        steps = deployment.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=run["PipelineExecutionArn"])
        for step in steps["PipelineExecutionSteps"]:
            if step["StepStatus"] == "Failed":
                return f"{step['StepName']}: {step.get('FailureReason', 'no reason given')}"
    return "no reason given"


def approve(deployment: Deployment, package: str, report: Report) -> str:
    """Approve a package and wait until the endpoint serves it, or, for batch scoring, until the model is there.

    Returns:
        The endpoint's status, always ``InService``; of batch scoring that of the stack that holds the model.

    Raises:
        RolloutError: if the endpoint stack fails, or does not take the package in ten minutes.
    """
    stack, deadline = deployment.stack_name("endpoint"), time.monotonic() + ROLLOUT_LIMIT_S
    before = deployment.cloudformation.describe_stacks(StackName=stack)["Stacks"][0].get("LastUpdatedTime")
    deployment.sagemaker.update_model_package(ModelPackageArn=package, ModelApprovalStatus="Approved")
    while time.monotonic() < deadline:
        state = deployment.cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        parameters = {one["ParameterKey"]: one["ParameterValue"] for one in state.get("Parameters", [])}
        report(0, 1, f"stack {state['StackStatus']}")
        if _broke(state["StackStatus"], ours=state.get("LastUpdatedTime") != before):
            raise RolloutError(f"{stack} is {state['StackStatus']}: {state.get('StackStatusReason', 'see its events')}")
        if parameters.get("ModelPackageArn") == package and state["StackStatus"].endswith("_COMPLETE"):
            if deployment.usecase.serving.kind == "batch":
                report(1, 1, "model ready for batches")
                return state["StackStatus"]
            endpoint = deployment.sagemaker.describe_endpoint(EndpointName=deployment.output("serving", "EndpointName"))
            report(1, 1, f"endpoint {endpoint['EndpointStatus']}")
            if endpoint["EndpointStatus"] == "InService":
                return endpoint["EndpointStatus"]
        time.sleep(POLL_S)
    raise RolloutError(f"{package} was approved, but the endpoint did not take it within {ROLLOUT_LIMIT_S} s")


def _broke(status: str, *, ours: bool) -> bool:
    """Whether a stack's update failed, or the stack can take no update.

    That an earlier update was rolled back says nothing about ours: the stack takes the next one.
    """
    return status.endswith("FAILED") or status.startswith("ROLLBACK") or ("ROLLBACK" in status and ours)


def evaluation(deployment: Deployment, package: str) -> dict[str, object]:
    """The evaluation report that a package was registered with."""
    metrics = deployment.sagemaker.describe_model_package(ModelPackageName=package)["ModelMetrics"]
    bucket, _, key = metrics["ModelQuality"]["Statistics"]["S3Uri"].removeprefix("s3://").partition("/")
    report: dict[str, object] = json.load(deployment.s3.get_object(Bucket=bucket, Key=key)["Body"])
    return report
