"""Retraining: what is heard of drift becomes a decision, and a decision to train becomes one run of a state machine."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from headrace.events import SOURCE
from headrace.monitoring import FOLDER
from lambdas.drift_response.settings import DECISIONS, Settings
from pipelines.retraining.image import serving_image
from stacks.components.alarm import Alarm
from stacks.components.function import Function
from stacks.components.glue_job import TRAINING_SET
from stacks.components.reaction_signals import RECEIPTS, ReactionSignals
from stacks.components.reaction_table import ReactionTable
from stacks.components.retraining_machine import RetrainingMachine
from stacks.components.retraining_starts import RetrainingStarts
from stacks.components.training_data_states import TrainingData
from stacks.lake import Lake
from stacks.observability import Observability
from stacks.stack import HeadraceStack
from stacks.target import Target
from stacks.training import Training

ERRORS_PER_MINUTE = 3


class RetrainingStack(HeadraceStack):
    """Table of decisions, drift response and its queue, state machine and what starts it, alarms on their failures."""

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
        super().__init__(scope, target=target, description="Headrace retraining: drift response and state machine")
        self.add_stack_dependency(Stack.of(training.pipeline))
        # By ARN: the topic admits roles of this account, and its own stack must not come to depend on this one.
        topic = sns.Topic.from_topic_arn(self, "Topic", observability.topic.topic_arn)
        table = ReactionTable(self, "Reaction", target=target, key=lake.key)
        machine = RetrainingMachine(
            self,
            "Machine",
            target=target,
            topic=topic,
            key=lake.key,
            table=table,
            data=self._data(lake, training),
            no_champion=training.no_champion,
            usual_machine=training.usual_machine,
        )
        response = self._build_response(lake, table, observability.topic.topic_arn)
        # Rules of this stack would otherwise change the policy of the key, which is another's.
        key = kms.Key.from_key_arn(self, "Key", lake.key.key_arn)
        signals = ReactionSignals(self, "Signals", target=target, function=response, bucket=lake.bucket, key=key)
        RetrainingStarts(self, "Starts", target=target, machine=machine, dead_letters=signals.dead_letters)
        self._build_alarms(machine, response, signals)
        self.publish(
            StateMachineArn=machine.state_machine_arn,
            ReactionTableName=table.table_name,
            DriftResponseFunctionName=response.function_name,
        )

    def _data(self, lake: Lake, training: Training) -> TrainingData:
        bucket = lake.bucket.bucket_name
        return TrainingData(
            job_name=training.training_set.name,
            uri=f"s3://{bucket}/training/{TRAINING_SET}",
            reports=f"s3://{bucket}/training/quality",
            image=serving_image(self.target.region),
            code=training.code.headrace,
            job_role=training.jobs,
            key_arn=lake.key.key_arn,
        )

    def _build_response(self, lake: Lake, table: ReactionTable, topic_arn: str) -> Function:
        target = self.target
        function = Function(
            self,
            "DriftResponse",
            folder="drift_response",
            target=target,
            key=lake.key,
            timeout_s=30,
            memory_mb=512,
            description="Decides what is done about drift, alarms and ends of trainings",
            settings=Settings(
                usecase=target.usecase.name,
                stage=target.stage.name,
                endpoint_name=target.endpoint_name,
                lake_bucket=lake.bucket.bucket_name,
                reaction_table=table.table_name,
                topic_arn=topic_arn,
            ),
        )
        role = function.own_role
        table.grant_decisions_to(role)
        lake.bucket.grant_read_of(role, FOLDER, *([RECEIPTS] if target.usecase.reaction.new_labels else []))
        lake.bucket.grant_put_to(role, DECISIONS)
        role.add_to_policy(iam.PolicyStatement(actions=["sns:Publish"], resources=[topic_arn]))
        bus = self.format_arn(service="events", resource="event-bus", resource_name="default")
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["events:PutEvents"],
                resources=[bus],
                conditions={"StringEquals": {"events:source": SOURCE}},
            )
        )
        return function

    def _build_alarms(self, machine: RetrainingMachine, response: Function, signals: ReactionSignals) -> None:
        letters = signals.dead_letters.metric_approximate_number_of_messages_visible(statistic="Maximum")
        errors = response.metric_errors(statistic="Sum")
        for id_, metric, threshold, description in (
            ("Failures", machine.metric_failed(), 1, "A retraining failed; its message on the topic says why"),
            ("DriftResponseErrors", errors, ERRORS_PER_MINUTE, "Drift response fails again and again"),
            ("DriftResponseDeadLetters", letters, 1, "Drift response or a start of a retraining gave up on something"),
        ):
            Alarm(self, id_, metric=metric, threshold=threshold, periods=1, description=description)
