"""Ingestion: the streams that producers write to, and the delivery of every event to the lake."""

from dataclasses import dataclass

from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kinesisfirehose as firehose
from constructs import Construct

from lambdas.delivery_transform.settings import Settings
from stacks.components.delivery import ParquetDelivery
from stacks.components.function import Function
from stacks.components.mask_key import MaskKey
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


class IngestionStack(HeadraceStack):
    """Streams ``events`` and ``labels``, and the Firehose from ``events`` through delivery_transform into Parquet."""

    noun = "ingestion"

    def __init__(self, scope: Construct, *, target: Target, lake: Lake) -> None:
        super().__init__(
            scope,
            target=target,
            description="Headrace ingestion: event and label streams, delivery to the lake",
        )
        events = EventStream(self, "Events", name=target.events_stream_name, key=lake.key, stage=target.stage)
        labels = EventStream(self, "Labels", name=target.labels_stream_name, key=lake.key, stage=target.stage)
        transform = self._build_transform(lake)
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
        self.ingestion = Ingestion(events=events, labels=labels, delivery=delivery, transform=transform)
        self.publish(
            EventsStreamName=events.stream_name,
            LabelsStreamName=labels.stream_name,
            DeliveryStreamName=delivery.delivery_stream_name,
        )

    def _build_transform(self, lake: Lake) -> Function:
        mask_key = MaskKey(self, "MaskKey", key=lake.key) if self.target.masks else None
        transform = Function(
            self,
            "DeliveryTransform",
            folder="delivery_transform",
            target=self.target,
            key=lake.key,
            timeout_s=60,
            description="Validates and masks events on their way to the lake",
            settings=Settings(
                usecase=self.target.usecase.name,
                stage=self.target.stage.name,
                mask_key_secret_arn=mask_key.secret_arn if mask_key else "",
            ),
        )
        if mask_key:
            mask_key.grant_read(transform)
        return transform
