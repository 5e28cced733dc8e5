"""What drift response hears: documents of monitors, alarms, our own events, retrainings that were cut, model packages
where people approve them; in one queue."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from headrace.events import SOURCE, ModelDeployed, ModelRollbackRefused, ModelRolledBack, RetrainingFinished
from headrace.monitoring import VIOLATIONS_SUFFIX
from stacks.components.bucket import LakeBucket
from stacks.components.function import Function
from stacks.components.queue import DeadLetterQueue, feed
from stacks.target import Target

VISIBILITY_TIMES = 6
"""How many timeouts of its function a message stays hidden; fewer, and a throttled function sees it twice."""
TRIES = 20
"""A document that S3 does not show yet, a race that was lost: an hour of tries."""
RECEIPTS = "labels-inbox-receipts/"


class ReactionSignals(Construct):
    """Delivers signals to a function, one by one."""

    def __init__(
        self, scope: Construct, id_: str, *, target: Target, function: Function, bucket: LakeBucket, key: kms.IKey
    ) -> None:
        super().__init__(scope, id_)
        # The construct of a rule would write into the policy of the key itself, which admits the service already.
        key = kms.Key.from_key_arn(self, "Key", key.key_arn)
        self.dead_letters = DeadLetterQueue(self, "DeadLetters", key=key)
        queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=key,
            enforce_ssl=True,
            visibility_timeout=Duration.seconds(VISIBILITY_TIMES * function.timeout_s),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=TRIES),
        )
        for name, (description, pattern) in self._patterns(target, bucket).items():
            rule = events.Rule(self, name, description=description, event_pattern=events.EventPattern(**pattern))
            rule.add_target(targets.SqsQueue(queue))
        if target.usecase.reaction.promotion == "manual":  # a model that waits for nobody holds back nothing
            self._hear_packages(target, queue)
        feed(self, queue=queue, function=function)

    def _hear_packages(self, target: Target, queue: sqs.Queue) -> None:
        pattern = events.EventPattern(
            source=["aws.sagemaker"],
            detail_type=["SageMaker Model Package State Change"],
            detail={"ModelPackageGroupName": [target.model_package_group_name]},
        )
        description = "A model package of our group is registered, approved or rejected"
        events.Rule(self, "Packaged", description=description, event_pattern=pattern).add_target(
            targets.SqsQueue(queue)
        )

    def _patterns(self, target: Target, bucket: LakeBucket) -> Mapping[str, tuple[str, dict[str, Any]]]:
        keys: list[dict[str, str]] = [{"suffix": VIOLATIONS_SUFFIX}]
        if target.usecase.reaction.new_labels:
            keys.append({"prefix": RECEIPTS})
        own = [it.detail_type for it in (RetrainingFinished, ModelDeployed, ModelRolledBack, ModelRollbackRefused)]
        machine = Stack.of(self).format_arn(service="states", resource=f"stateMachine:{target.retraining_machine_name}")
        return {
            "Judged": (
                "A monitor has judged a window",
                {
                    "source": ["aws.s3"],
                    "detail_type": ["Object Created"],
                    "detail": {"bucket": {"name": [bucket.bucket_name]}, "object": {"key": keys}},
                },
            ),
            "Alarmed": (
                "An alarm of ours went off",
                {
                    "source": ["aws.cloudwatch"],
                    "detail_type": ["CloudWatch Alarm State Change"],
                    "detail": {"alarmName": [{"prefix": f"{target.prefix}-"}], "state": {"value": ["ALARM"]}},
                },
            ),
            "Told": (
                "A retraining ended, or another model is in force",
                {
                    "source": [SOURCE],
                    "detail_type": own,
                    "detail": {"UseCase": [target.usecase.name], "Stage": [target.stage.name]},
                },
            ),
            "Cut": (
                "A retraining was aborted or timed out, which no state of it can report",
                {
                    "source": ["aws.states"],
                    "detail_type": ["Step Functions Execution Status Change"],
                    "detail": {"stateMachineArn": [machine], "status": ["ABORTED", "TIMED_OUT"]},
                },
            ),
        }
