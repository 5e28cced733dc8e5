"""Queues: encrypted, TLS only. A dead-letter queue keeps what failed for two weeks, the longest that SQS offers."""

from aws_cdk import Duration
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.components.acknowledgement import acknowledge


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
