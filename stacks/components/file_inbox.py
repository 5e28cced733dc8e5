"""The queue of files to take in: one message per new object of a folder, one function out, the rest of large files."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.components.bucket import LakeBucket
from stacks.components.function import Function
from stacks.components.queue import DeadLetterQueue, feed, grant_sending

TRIES = 5
VISIBILITY_TIMES = 6
"""How many timeouts of its function a message stays hidden; fewer, and a throttled function sees it twice."""


class FileQueue(sqs.Queue):
    """Messages about files, with a queue for those that failed for good."""

    def __init__(self, scope: Construct, id_: str, *, key: kms.IKey, timeout_s: int) -> None:
        # The construct of a rule would write into the policy of the key itself, which admits the service already.
        key = kms.Key.from_key_arn(scope, f"{id_}Key", key.key_arn)
        dead_letters = DeadLetterQueue(scope, f"{id_}DeadLetters", key=key)
        super().__init__(
            scope,
            id_,
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=key,
            enforce_ssl=True,
            visibility_timeout=Duration.seconds(VISIBILITY_TIMES * timeout_s),
            retention_period=Duration.days(14),
            dead_letter_queue=sqs.DeadLetterQueue(queue=dead_letters, max_receive_count=TRIES),
        )
        self.dead_letters = dead_letters


class FileInbox(Construct):
    """Tells a function of every new object below a folder. The function may put messages of its own into the queue."""

    def __init__(
        self, scope: Construct, id_: str, *, bucket: LakeBucket, folder: str, queue: FileQueue, function: Function
    ) -> None:
        super().__init__(scope, id_)
        rule = events.Rule(
            self,
            "Arrived",
            description=f"A file has arrived below {folder}",
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created"],
                detail={"bucket": {"name": [bucket.bucket_name]}, "object": {"key": [{"prefix": folder}]}},
            ),
        )
        rule.add_target(targets.SqsQueue(queue))
        grant_sending(queue, function)
        feed(self, queue=queue, function=function)
