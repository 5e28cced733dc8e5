"""The delivery transform's wiring, and Firehose's event as deliveries."""

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from aws_lambda_powertools.utilities.data_classes import KinesisFirehoseEvent
from aws_lambda_powertools.utilities.data_classes.kinesis_firehose_event import KinesisFirehoseRecord

from headrace.usecase import UseCase
from lambdas.delivery_transform.logic import Delivery
from lambdas.delivery_transform.settings import Settings
from lambdas.shared.clients import BACKGROUND, client
from lambdas.shared.loading import features
from lambdas.shared.looked_up import LookingUp
from lambdas.shared.lookup_table import lookups_of
from lambdas.shared.mask_key import mask_key
from lambdas.shared.stream import Record

_LOOKING_UP = BACKGROUND._replace(read_timeout_s=4.0, attempts=6)
"""Patient, because what cannot be looked up is kept out of the lake; and done within the invocation's minute."""


@cache
def settings() -> Settings:
    """This process's settings."""
    return Settings.from_env(os.environ)


def usecase() -> UseCase:
    """The use case whose events are delivered."""
    return features(settings().usecase).usecase


@cache
def key() -> bytes:
    """The secret of the keyed hash; empty if there is none."""
    arn = settings().mask_key_secret_arn
    return mask_key(client("secretsmanager"), arn) if arn else b""


@cache
def lookups() -> LookingUp | None:
    """What fills events; None if the use case looks nothing up."""
    its = usecase()
    if not its.lookups:
        return None
    return lookups_of(its, client("dynamodb", _LOOKING_UP), settings().lookup_table, ThreadPoolExecutor(2))


def deliveries(event: KinesisFirehoseEvent) -> list[Delivery]:
    """The records of one invocation. Without a source stream, their place in it is empty."""
    return [
        Delivery(
            it.record_id,
            Record(
                shard_id=it.metadata.shard_id if it.metadata else "",
                sequence_number=it.metadata.sequence_number if it.metadata else "",
                arrived_at=_arrived_ms(it) / 1000,
                data=it.data_as_bytes,
            ),
        )
        for it in event.records
    ]


def _arrived_ms(it: KinesisFirehoseRecord) -> float:
    """Arrival in the source stream. AWS shows it as a number and, in one page's sample, as text; that one is passed."""
    arrived: object = it.metadata.approximate_arrival_timestamp if it.metadata else None
    return arrived if isinstance(arrived, int | float) else it.approximate_arrival_timestamp
