"""Ingestion: the streams that producers write to, the delivery of every event to the lake, and files of both."""

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kinesisfirehose as firehose
from constructs import Construct

from lambdas.delivery_transform.settings import Settings as TransformSettings
from lambdas.event_inbox.settings import FOLDERS as EVENT_FOLDERS
from lambdas.event_inbox.settings import NOTES
from lambdas.event_inbox.settings import Settings as EventInboxSettings
from lambdas.label_inbox.settings import FOLDERS as LABEL_FOLDERS
from lambdas.label_inbox.settings import Settings as LabelInboxSettings
from lambdas.shared.files.places import Folders
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
    event_inbox: Function
    label_inbox: Function
    dead_letters: Mapping[str, DeadLetterQueue]
    """Files that failed for good, by the function that gave them up."""


INBOX_TIMEOUT_S = 300
EVENT_INBOX_MB = 3_008
"""What every account may have: a page of a table is held unpacked."""


class IngestionStack(HeadraceStack):
    """Streams ``events`` and ``labels``; Firehose from ``events`` to Parquet; files of each onto its stream."""

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
        event_files = FileQueue(self, "EventFiles", key=lake.key, timeout_s=INBOX_TIMEOUT_S)
        label_files = FileQueue(self, "LabelFiles", key=lake.key, timeout_s=INBOX_TIMEOUT_S)
        event_inbox = self._build_event_inbox(lake, events, event_files)
        label_inbox = self._build_label_inbox(lake, labels, label_files)
        self.ingestion = Ingestion(
            events=events,
            labels=labels,
            delivery=delivery,
            transform=transform,
            event_inbox=event_inbox,
            label_inbox=label_inbox,
            dead_letters={"event_inbox": event_files.dead_letters, "label_inbox": label_files.dead_letters},
        )
        self.publish(
            EventsStreamName=events.stream_name,
            LabelsStreamName=labels.stream_name,
            DeliveryStreamName=delivery.delivery_stream_name,
            EventInboxDeadLetterUrl=event_files.dead_letters.queue_url,
            LabelInboxDeadLetterUrl=label_files.dead_letters.queue_url,
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

    def _build_event_inbox(self, lake: Lake, events: kinesis.Stream, queue: FileQueue) -> Function:
        inbox = Function(
            self,
            "EventInbox",
            folder="event_inbox",
            target=self.target,
            key=lake.key,
            timeout_s=INBOX_TIMEOUT_S,
            memory_mb=EVENT_INBOX_MB,
            tables=True,
            description="Puts events that come as files onto the events stream",
            settings=EventInboxSettings(
                usecase=self.target.usecase.name,
                stage=self.target.stage.name,
                lake_bucket=lake.bucket.bucket_name,
                events_stream=events.stream_name,
                queue_url=queue.queue_url,
            ),
        )
        self._grant_inbox(inbox, lake, events, EVENT_FOLDERS)
        lake.bucket.grant_read_of(inbox.own_role, NOTES)
        lake.bucket.grant_put_to(inbox.own_role, NOTES)
        FileInbox(self, "EventInboxFiles", bucket=lake.bucket, folder=EVENT_FOLDERS.inbox, queue=queue, function=inbox)
        return inbox

    def _build_label_inbox(self, lake: Lake, labels: kinesis.Stream, queue: FileQueue) -> Function:
        inbox = Function(
            self,
            "LabelInbox",
            folder="label_inbox",
            target=self.target,
            key=lake.key,
            timeout_s=INBOX_TIMEOUT_S,
            description="Puts labels that come as files onto the labels stream",
            settings=LabelInboxSettings(
                usecase=self.target.usecase.name,
                stage=self.target.stage.name,
                lake_bucket=lake.bucket.bucket_name,
                labels_stream=labels.stream_name,
                queue_url=queue.queue_url,
            ),
        )
        self._grant_inbox(inbox, lake, labels, LABEL_FOLDERS)
        FileInbox(self, "LabelInboxFiles", bucket=lake.bucket, folder=LABEL_FOLDERS.inbox, queue=queue, function=inbox)
        return inbox

    @staticmethod
    def _grant_inbox(inbox: Function, lake: Lake, stream: kinesis.Stream, folders: Folders) -> None:
        stream.grant(inbox, "kinesis:PutRecords")
        lake.key.grant(inbox, "kms:Decrypt", "kms:GenerateDataKey")
        lake.bucket.grant_read_of(inbox.own_role, folders.inbox, versions=True)
        lake.bucket.grant_list_of(inbox.own_role, folders.receipts)
        lake.bucket.grant_put_to(inbox.own_role, folders.receipts, folders.quarantine)
