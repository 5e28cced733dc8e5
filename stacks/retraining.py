"""Retraining: the state machine that runs the training pipeline and says how it went. Started by hand so far."""

from aws_cdk import Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sns as sns
from constructs import Construct

from stacks.components.acknowledgement import acknowledge
from stacks.components.alarm import Alarm
from stacks.components.retraining_machine import RetrainingMachine
from stacks.lake import Lake
from stacks.observability import Observability
from stacks.stack import HeadraceStack
from stacks.target import Target
from stacks.training import Training

UNRESOLVED = "Annotation::@aws-cdk/aws-events:ruleUnresolvedEnvironment"


class RetrainingStack(HeadraceStack):
    """State machine, an alarm on its failures, and word of runs that ended without being able to speak."""

    noun = "retraining"

    def __init__(
        self,
        scope: Construct,
        *,
        target: Target,
        lake: Lake,
        training: Training,
        observability: Observability,
    ) -> None:
        super().__init__(scope, target=target, description="Headrace retraining: the state machine of one run")
        self.add_stack_dependency(Stack.of(training.pipeline))
        # By ARN: the topic admits rules of this account, and its own stack must not come to depend on this one.
        topic = sns.Topic.from_topic_arn(self, "Topic", observability.topic.topic_arn)
        machine = RetrainingMachine(
            self,
            "Machine",
            target=target,
            topic=topic,
            key=lake.key,
            no_champion=training.no_champion,
            usual_machine=training.usual_machine,
        )
        Alarm(
            self,
            "Failures",
            metric=machine.metric_failed(),
            threshold=1,
            periods=1,
            description="A retraining failed; its message on the topic says why",
        )
        ended = events.Rule(
            self,
            "Cut",
            description="A retraining was aborted or timed out, which no state of it can report",
            event_pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={"stateMachineArn": [machine.state_machine_arn], "status": ["ABORTED", "TIMED_OUT"]},
            ),
        )
        ended.add_target(targets.SnsTopic(topic))
        acknowledge(ended, {UNRESOLVED: "Rule and topic share account and region."})
        self.publish(StateMachineArn=machine.state_machine_arn)
