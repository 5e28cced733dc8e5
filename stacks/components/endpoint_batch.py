"""Scores everything in a folder of the lake when it is time: one transform job, its lines joined with its input."""

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks.components.acknowledgement import acknowledge
from stacks.components.alarm import Alarm
from stacks.components.bucket import LakeBucket
from stacks.components.endpoint_batch_states import BatchStates
from stacks.components.log import LogGroup
from stacks.components.queue import DeadLetterQueue, grant_sending
from stacks.target import Target

LONGEST_RUN_S = 5 * 86_400
MOST_POLLS = 2_000
"""A poll is ten events of history, and an execution may have 25,000."""


class BatchScoring(Construct):
    """A state machine and the schedule that starts it."""

    def __init__(self, scope: Construct, id_: str, *, target: Target, bucket: LakeBucket) -> None:
        super().__init__(scope, id_)
        self.machine = self._build_machine(target, bucket)
        self.dead_letters = DeadLetterQueue(self, "DeadLetters", key=bucket.key)
        self._build_schedule(target)
        Alarm(
            self,
            "Failures",
            metric=self.machine.metric_failed(),
            threshold=1,
            periods=1,
            description="Batch scoring failed; its execution says why",
        )

    def _build_machine(self, target: Target, bucket: LakeBucket) -> sfn.StateMachine:
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
        log = LogGroup(self, "Log", key=bucket.key, retention_days=target.stage.log_retention_days)
        states = BatchStates(self, "States", target=target, bucket=bucket)
        machine = sfn.StateMachine(
            self,
            "Machine",
            role=role,
            definition_body=sfn.DefinitionBody.from_chainable(states.first),
            timeout=Duration.seconds(min(LONGEST_RUN_S, MOST_POLLS * target.stage.poll_s)),
            tracing_enabled=True,
            comment=f"Scores {target.usecase.name} in batch",
            logs=sfn.LogOptions(destination=log, level=sfn.LogLevel.ALL, include_execution_data=True),
        )
        states.grant(role)
        acknowledge(
            role, {"AwsSolutions-IAM5[Resource::*]": "Writing traces and setting up log delivery take no resource."}
        )
        return machine

    def _build_schedule(self, target: Target) -> None:
        settings = target.usecase.serving.scheduled
        role = iam.Role(
            self,
            "ScheduleRole",
            # Only schedules of this account: another's could use a role that trusts the service as such.
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}}
            ),
        )
        self.machine.grant_start_execution(role)
        grant_sending(self.dead_letters, role)
        scheduler.CfnSchedule(
            self,
            "Schedule",
            description=f"Scores {target.usecase.name} in batch",
            schedule_expression=settings.schedule,
            schedule_expression_timezone=settings.timezone,
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=self.machine.state_machine_arn,
                role_arn=role.role_arn,
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=self.dead_letters.queue_arn),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(maximum_retry_attempts=3),
            ),
        )
