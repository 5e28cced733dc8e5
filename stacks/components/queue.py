"""Queues: encrypted, TLS only. A dead-letter queue keeps what failed for two weeks, the longest that SQS offers.

The grants are narrower than CDK's own: no looking up of queues by name, no hiding of messages, one use of the key each.
"""

import jsii
from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.components.acknowledgement import acknowledge
from stacks.components.function import Function


class DeadLetterQueue(sqs.Queue):
    """Where work goes that failed for good. A message here is an alarm."""

    def __init__(self, scope: Construct, id_: str, *, key: kms.IKey) -> None:
        super().__init__(
            scope,
            id_,
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=key,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        acknowledge(self, {"AwsSolutions-SQS3": "It is the dead-letter queue itself."})


@jsii.implements(lambda_.IEventSourceDlq)
class FailedBatches:
    """Where a mapping of a stream says which records failed for good; ``function`` gets the right to say so."""

    def __init__(self, queue: sqs.IQueue) -> None:
        self._queue = queue

    def bind(self, _mapping: lambda_.IEventSourceMapping, function: lambda_.IFunction) -> lambda_.DlqDestinationConfig:
        """Grant what reporting takes, and name the queue."""
        grant_sending(self._queue, function)
        return lambda_.DlqDestinationConfig(destination=self._queue.queue_arn)


def grant_polling(queue: sqs.IQueue, grantee: iam.IGrantable) -> None:
    """Let Lambda feed messages to a function by its role: what ``AWSLambdaSQSQueueExecutionRole`` has for a queue."""
    _allow(queue, grantee, "ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
    _key(queue).grant(grantee, "kms:Decrypt")


def feed(scope: Construct, *, queue: sqs.IQueue, function: Function) -> None:
    """Hand a queue's messages to a function one by one, two at a time at most; it says which ones have to come back."""
    grant_polling(queue, function)
    mapping = lambda_.EventSourceMapping(
        scope,
        "Mapping",
        target=function,
        event_source_arn=queue.queue_arn,
        batch_size=1,
        max_concurrency=2,
        report_batch_item_failures=True,
    )
    mapping.node.add_dependency(function.own_role)


def grant_sending(queue: sqs.IQueue, grantee: iam.IGrantable) -> None:
    """Let a role put messages into a queue. SQS reuses a data key for some minutes, so it decrypts it too."""
    _allow(queue, grantee, "SendMessage")
    _key(queue).grant(grantee, "kms:Decrypt", "kms:GenerateDataKey")


def _allow(queue: sqs.IQueue, grantee: iam.IGrantable, *actions: str) -> None:
    statement = iam.PolicyStatement(actions=[f"sqs:{it}" for it in actions], resources=[queue.queue_arn])
    grantee.grant_principal.add_to_principal_policy(statement)


def _key(queue: sqs.IQueue) -> kms.IKey:
    if queue.encryption_master_key is None:
        raise TypeError(f"{queue.node.path} has no key of ours")
    return queue.encryption_master_key
