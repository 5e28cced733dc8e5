"""The queue of deployment: approvals, rollbacks and ends of rollouts in, one function out, patience meanwhile."""

from aws_cdk import Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from headrace.events import SOURCE, ModelRollbackRequested
from lambdas.deployment.messages import TERMINAL
from stacks.components.function import Function
from stacks.components.queue import DeadLetterQueue, feed, grant_sending
from stacks.target import Target

PATIENCE_S = 7_200
"""Longer than any rollout: an approval that meets a running update is tried again until then."""


class Approvals(Construct):
    """Delivers approvals and rollback requests of our group, and ends of rollouts, to a function one at a time."""

    def __init__(self, scope: Construct, id_: str, *, target: Target, key: kms.IKey) -> None:
        super().__init__(scope, id_)
        # The construct of a rule would write into the policy of the key itself, which admits the service already.
        key = kms.Key.from_key_arn(self, "Key", key.key_arn)
        wait_s = target.stage.approval_retry_s
        self.dead_letters = DeadLetterQueue(self, "DeadLetters", key=key)
        self._queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=key,
            enforce_ssl=True,
            visibility_timeout=Duration.seconds(wait_s),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=PATIENCE_S // wait_s),
        )
        self._build_rules(target, self._queue)

    @property
    def queue_url(self) -> str:
        """The queue, for messages that come later."""
        return self._queue.queue_url

    def deliver_to(self, function: Function, *, reminded: bool) -> None:
        """Hand every message to a function; ``reminded``: it sends itself others."""
        if reminded:
            grant_sending(self._queue, function)
        feed(self, queue=self._queue, function=function)

    def _build_rules(self, target: Target, queue: sqs.Queue) -> None:
        group = target.model_package_group_name
        approved = events.EventPattern(
            source=["aws.sagemaker"],
            detail_type=["SageMaker Model Package State Change"],
            detail={"ModelPackageGroupName": [group], "ModelApprovalStatus": ["Approved"]},
        )
        endpoint_stack = Stack.of(self).format_arn(
            service="cloudformation", resource="stack", resource_name=f"{target.stack_name('endpoint')}/"
        )
        ended = events.EventPattern(
            source=["aws.cloudformation"],
            detail_type=["CloudFormation Stack Status Change"],
            detail={"stack-id": [{"prefix": endpoint_stack}], "status-details": {"status": sorted(TERMINAL)}},
        )
        packages = Stack.of(self).format_arn(service="sagemaker", resource="model-package", resource_name=f"{group}/")
        rollback = events.EventPattern(
            source=[SOURCE],
            detail_type=[ModelRollbackRequested.detail_type],
            detail={"ModelPackageArn": [{"prefix": packages}]},
        )
        for id_, pattern, description in (
            ("Approved", approved, "A model package of our group is approved"),
            ("Rollback", rollback, "Somebody asks for an earlier model package of our group"),
            ("Ended", ended, "An update of the endpoint stack is over, one way or the other"),
        ):
            rule = events.Rule(self, id_, description=description, event_pattern=pattern)
            rule.add_target(targets.SqsQueue(queue))
