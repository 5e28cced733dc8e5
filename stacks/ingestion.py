"""Ingestion: the streams that producers write to, the delivery of every event to the lake, and files of labels."""

from dataclasses import dataclass

from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kinesisfirehose as firehose
from constructs import Construct

from lambdas.delivery_transform.settings import Settings as TransformSettings
from lambdas.label_inbox.settings import INBOX, QUARANTINE, RECEIPTS
from lambdas.label_inbox.settings import Settings as InboxSettings
from stacks.components.delivery import ParquetDelivery
from stacks.components.file_inbox import FileInbox, FileQueue
from stacks.components.function import Function
from stacks.components.lookup_table import LookupTable
from stacks.components.mask_key import MaskKey
from stacks.components.queue import DeadLetterQueue
from stacks.components.stream import EventStream
from stacks.lake import Lake
from stacks.stack import HeadraceStack
from stacks.target import Target


@dataclass(frozen=True, kw_only=True)
class Ingestion:
    """What other stacks use of ingestion."""

    events: kinesis.Stream
    labels: kinesis.Stream
    delivery: firehose.DeliveryStream
    transform: Function
    label_inbox: Function
    dead_letters: DeadLetterQueue
    """Files of labels that failed for good."""


INBOX_TIMEOUT_S = 300


class IngestionStack(HeadraceStack):
    """Streams ``events`` and ``labels``; Firehose from ``events`` to Parquet; files of labels onto ``labels``."""

    noun = "ingestion"

    def __init__(self, scope: Construct, *, target: Target, lake: Lake, lookups: LookupTable | None = None) -> None:
        super().__init__(
            scope,
            target=target,
            description="Headrace ingestion: event and label streams, delivery to the lake",
        )
        events = EventStream(self, "Events", name=target.events_stream_name, key=lake.key, stage=target.stage)
        labels = EventStream(self, "Labels", name=target.labels_stream_name, key=lake.key, stage=target.stage)
        transform = self._build_transform(lake, lookups)
        delivery = ParquetDelivery(
            self,
            "EventDelivery",
            table=lake.events,
            folder="events",
            bucket=lake.bucket,
            stage=target.stage,
            source=events,
            transform=transform,
        )
        queue = FileQueue(self, "LabelFiles", key=lake.key, timeout_s=INBOX_TIMEOUT_S)
        inbox = self._build_inbox(lake, labels, queue)
        FileInbox(self, "LabelInboxFiles", bucket=lake.bucket, folder=INBOX, queue=queue, function=inbox)
        self.ingestion = Ingestion(
            events=events,
            labels=labels,
            delivery=delivery,
            transform=transform,
            label_inbox=inbox,
            dead_letters=queue.dead_letters,
        )
        self.publish(
            EventsStreamName=events.stream_name,
            LabelsStreamName=labels.stream_name,
            DeliveryStreamName=delivery.delivery_stream_name,
            LabelInboxDeadLetterUrl=queue.dead_letters.queue_url,
        )

    def _build_transform(self, lake: Lake, lookups: LookupTable | None) -> Function:
        mask_key = (
            MaskKey(self, "MaskKey", key=lake.key, keep_data=self.target.stage.keep_data) if self.target.masks else None
        )
        transform = Function(
            self,
            "DeliveryTransform",
            folder="delivery_transform",
            target=self.target,
            key=lake.key,
            timeout_s=60,
            description="Validates and masks events on their way to the lake",
            settings=TransformSettings(
                usecase=self.target.usecase.name,
                stage=self.target.stage.name,
                mask_key_secret_arn=mask_key.secret_arn if mask_key else "",
                lookup_table=lookups.table_name if lookups else "",
            ),
        )
        if lookups:
            lookups.grant_look_up_to(transform.own_role)
        if mask_key:
            mask_key.grant_value_to(transform.own_role)
        return transform

    def _build_inbox(self, lake: Lake, labels: kinesis.Stream, queue: FileQueue) -> Function:
        inbox = Function(
            self,
            "LabelInbox",
            folder="label_inbox",
            target=self.target,
            key=lake.key,
            timeout_s=INBOX_TIMEOUT_S,
            description="Puts labels that come as files onto the labels stream",
            settings=InboxSettings(
                usecase=self.target.usecase.name,
                stage=self.target.stage.name,
                lake_bucket=lake.bucket.bucket_name,
                labels_stream=labels.stream_name,
                queue_url=queue.queue_url,
            ),
        )
        labels.grant(inbox, "kinesis:PutRecords")
        lake.key.grant(inbox, "kms:Decrypt", "kms:GenerateDataKey")
        lake.bucket.grant_read_of(inbox.own_role, INBOX, versions=True)
        lake.bucket.grant_list_of(inbox.own_role, RECEIPTS)
        lake.bucket.grant_put_to(inbox.own_role, RECEIPTS, QUARANTINE)
        return inbox
