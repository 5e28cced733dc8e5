"""The state machine that runs a monitor once, and the schedules that start it: one of each kind."""

import json
from collections.abc import Sequence

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from headrace.monitoring import schedule_name
from stacks.components.acknowledgement import acknowledge
from stacks.components.function import Function
from stacks.components.log import LogGroup
from stacks.components.monitor_states import MonitorStates
from stacks.components.queue import DeadLetterQueue, grant_sending
from stacks.target import Target

LONGEST_RUN_S = 4 * 3_600
"""Beyond two jobs at their longest; as much again where machines count before one judges."""
_PATIENCE_S = 3_600


class MonitorMachine(sfn.StateMachine):
    """Runs ``states``. What EventBridge Scheduler could not start goes to ``dead_letters``."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        target: Target,
        states: MonitorStates,
        functions: Sequence[Function],
        key: kms.IKey,
    ) -> None:
        role = iam.Role(scope, f"{id_}Role", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
        log = LogGroup(scope, f"{id_}Log", key=key, retention_days=target.stage.log_retention_days)
        super().__init__(
            scope,
            id_,
            role=role,
            definition_body=sfn.DefinitionBody.from_chainable(states.first),
            timeout=Duration.seconds(LONGEST_RUN_S * min(2, target.usecase.monitor.compute.instances)),
            tracing_enabled=True,
            comment=f"Watches the deployed model of {target.usecase.name}",
            logs=sfn.LogOptions(destination=log, level=sfn.LogLevel.ALL, include_execution_data=True),
        )
        key.grant(role, "kms:Decrypt", "kms:GenerateDataKey")
        states.acknowledge_grants(role)
        name = scope.node.id  # the construct's own grant of the function covers its versions
        acknowledge(
            role,
            {
                "AwsSolutions-IAM5[Resource::*]": "Writing traces and setting up log delivery take no resource.",
                **{
                    f"AwsSolutions-IAM5[Resource::<{_logical(it)}.Arn>:*]": f"Versions of one function of {name}."
                    for it in functions
                },
            },
        )
        self.log = log
        self.dead_letters = DeadLetterQueue(scope, f"{id_}DeadLetters", key=key)


class MonitorSchedules(Construct):
    """Starts a machine the lag after every window's end; the use case says how often and for which kinds."""

    def __init__(self, scope: Construct, id_: str, *, target: Target, machine: MonitorMachine, key: kms.IKey) -> None:
        super().__init__(scope, id_)
        monitor = target.usecase.monitor
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"))
        machine.grant_start_execution(role)
        grant_sending(machine.dead_letters, role)
        for kind in monitor.kinds:
            schedule = scheduler.CfnSchedule(
                self,
                "".join(part.capitalize() for part in kind.split("_")),
                name=schedule_name(target.endpoint_name, kind),
                description=f"Watches {kind.replace('_', ' ')} of {target.usecase.name}",
                schedule_expression=monitor.cron_of(kind),
                schedule_expression_timezone="UTC",
                flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
                kms_key_arn=key.key_arn,
                target=scheduler.CfnSchedule.TargetProperty(
                    arn=machine.state_machine_arn,
                    role_arn=role.role_arn,
                    # When it was to start, however late it does: the window is the same for every delivery.
                    input=json.dumps({"kind": kind, "time": "<aws.scheduler.scheduled-time>"}),
                    retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                        maximum_event_age_in_seconds=_PATIENCE_S, maximum_retry_attempts=5
                    ),
                    dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(
                        arn=machine.dead_letters.queue_arn
                    ),
                ),
            )
            schedule.node.add_dependency(role)


def _logical(function: Function) -> str:
    return str(Stack.of(function).resolve(function.function_arn)["Fn::GetAtt"][0])
