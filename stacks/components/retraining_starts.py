"""Who starts a retraining besides people: requests on the bus, the use case's schedule, a change of the code."""

from aws_cdk import Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from headrace.events import SOURCE, RetrainingRequested
from stacks.components.queue import DeadLetterQueue
from stacks.target import Target


class RetrainingStarts(Construct):
    """Rules that start a machine. EventBridge may deliver twice: the request's id starts it once."""

    def __init__(
        self, scope: Construct, id_: str, *, target: Target, machine: sfn.IStateMachine, dead_letters: DeadLetterQueue
    ) -> None:
        super().__init__(scope, id_)
        self._machine, self._dead_letters = machine, dead_letters
        self._role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("events.amazonaws.com"))
        reaction = target.usecase.reaction
        requested = events.Rule(
            self,
            "Requested",
            description="Somebody asks for a retraining",
            event_pattern=events.EventPattern(
                source=[SOURCE],
                detail_type=[RetrainingRequested.detail_type],
                detail={"UseCase": [target.usecase.name], "Stage": [target.stage.name]},
            ),
        )
        self._start(
            requested,
            RequestId=events.EventField.from_path("$.detail.RequestId"),
            TriggerReason=events.EventField.from_path("$.detail.Trigger"),
            DriftSeverity=events.EventField.from_path("$.detail.Severity"),
            Reason=events.EventField.from_path("$.detail.Reason"),
        )
        if reaction.schedule:
            scheduled = events.Rule(
                self,
                "Scheduled",
                description=f"Trains {target.usecase.name} whatever happens",
                schedule=events.Schedule.expression(reaction.schedule),
                enabled=target.stage.scheduled_training,
            )
            self._start_for(scheduled, "schedule", "the schedule of the use case")
        if reaction.on_code_change:
            stack = Stack.of(self).format_arn(
                service="cloudformation", resource="stack", resource_name=f"{target.stack_name('training')}/"
            )
            changed = events.Rule(
                self,
                "Changed",
                description="The code of the training jobs was updated",
                event_pattern=events.EventPattern(
                    source=["aws.cloudformation"],
                    detail_type=["CloudFormation Stack Status Change"],
                    detail={"stack-id": [{"prefix": stack}], "status-details": {"status": ["UPDATE_COMPLETE"]}},
                ),
            )
            self._start_for(changed, "code_change", "the code of the training jobs was updated")

    def _start_for(self, rule: events.Rule, trigger: str, reason: str) -> None:
        event_id = events.EventField.from_path("$.id")
        self._start(rule, RequestId=event_id, TriggerReason=trigger, DriftSeverity="none", Reason=reason)

    def _start(self, rule: events.Rule, **document: str) -> None:
        rule.add_target(
            targets.SfnStateMachine(
                self._machine,
                input=events.RuleTargetInput.from_object(document),
                role=self._role,
                dead_letter_queue=self._dead_letters,
                retry_attempts=20,
            )
        )
