"""How tasks of a state machine are tried again: what passes is waited out, with growing pauses that differ."""

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn

PASSING_ERRORS = ["SageMaker.SageMakerException", "SageMaker.ConflictException", "States.Timeout"]
"""Throttling and outages of SageMaker, which models neither of them by a name of its own."""


def retried(task: sfn.TaskStateBase, errors: list[str] | None = None) -> None:
    """Try a task up to five times."""
    task.add_retry(
        errors=errors or ["States.TaskFailed", "States.Timeout"],
        interval=Duration.seconds(2),
        max_attempts=4,
        backoff_rate=2,
        max_delay=Duration.minutes(1),
        jitter_strategy=sfn.JitterType.FULL,
    )
