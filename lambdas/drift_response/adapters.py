"""Drift response's hands: decisions and memory in DynamoDB, documents in S3, the bus, the topic; and their wiring."""

import os
from functools import cache
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.drift_response.ports import DriftResponse
from lambdas.drift_response.settings import Settings
from lambdas.drift_response.table import ReactionTable
from lambdas.shared.bus import EventBus
from lambdas.shared.clients import client
from lambdas.shared.failures import translate
from lambdas.shared.lake_bucket import LakeBucket
from lambdas.shared.loading import features

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient


class Topic:
    """The topic of notifications. Subscribers may filter by the attribute ``urgency``: ``page`` or ``note``."""

    def __init__(self, client: "SNSClient", arn: str) -> None:
        self._client = client
        self._arn = arn

    def tell(self, subject: str, text: str, *, page: bool) -> None:
        """See ``ports.People``."""
        urgency = "page" if page else "note"
        try:
            self._client.publish(
                TopicArn=self._arn,
                Subject=subject.encode("ascii", "replace").decode(),
                Message=text,
                MessageAttributes={"urgency": {"DataType": "String", "StringValue": urgency}},
            )
        except (ClientError, BotoCoreError) as exc:
            raise translate(exc, doing="telling people") from exc


@cache
def settings() -> Settings:
    """This process's settings."""
    return Settings.from_env(os.environ)


@cache
def connect() -> DriftResponse:
    """The function, wired to AWS; once per process."""
    its = settings()
    return DriftResponse(
        usecase=features(its.usecase).usecase,
        stage=its.stage,
        endpoint=its.endpoint_name,
        bucket=its.lake_bucket,
        ledger=ReactionTable(client("dynamodb"), its.reaction_table),
        lake=LakeBucket(client("s3"), its.lake_bucket),
        bus=EventBus(client("events")),
        people=Topic(client("sns"), its.topic_arn),
    )
