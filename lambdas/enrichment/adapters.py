"""The enrichment function's hands: the feature delivery stream, and the wiring of everything it uses."""

import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from headrace.errors import RetryableError, SettingsError
from headrace.usecase import UseCase
from lambdas.enrichment.alerts import Announcer
from lambdas.enrichment.bus import AlertBus
from lambdas.enrichment.feature_store import FeatureStore
from lambdas.enrichment.logic import Enrichment
from lambdas.enrichment.settings import Settings
from lambdas.shared.breaker import Breaker
from lambdas.shared.clients import BULK, PACED, client, single_attempt
from lambdas.shared.endpoint import SageMakerEndpoint
from lambdas.shared.failures import translate
from lambdas.shared.guarded import GuardedEndpoint
from lambdas.shared.lake_bucket import LakeBucket
from lambdas.shared.layouts import Layouts, layouts_of
from lambdas.shared.loading import features
from lambdas.shared.lookup_table import lookups_of
from lambdas.shared.mask_key import mask_key
from lambdas.shared.scoring import Scorer
from lambdas.shared.state_reader import StateReader
from lambdas.shared.state_writer import StateWriter

if TYPE_CHECKING:
    from mypy_boto3_firehose import FirehoseClient

_RECORDS_PER_CALL = 500
_BYTES_PER_CALL = 4 * 1024 * 1024
_ATTEMPTS = 5
_PAUSE_S = 0.1
_ALERTING = single_attempt(1.0)
"""The stream does not wait for who is told."""


class FirehoseLog:
    """Rows into a Firehose stream by direct put."""

    def __init__(self, client: "FirehoseClient", stream: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._stream = stream
        self._sleep = sleep

    def append(self, rows: Sequence[bytes]) -> AbstractSet[int]:
        """Append rows; those that Firehose turns away are tried again, with growing pauses.

        Returns:
            The positions of the rows that it still turned away.

        Raises:
            DependencyError: if Firehose refuses for good.
        """
        refused: set[int] = set()
        for chunk in _chunks(rows):
            refused |= self._append_chunk(rows, chunk)
        return refused

    def _append_chunk(self, rows: Sequence[bytes], chunk: list[int]) -> set[int]:
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._sleep(_PAUSE_S * 2**attempt * random.uniform(0.5, 1))  # noqa: S311  # jitter, not a secret
            chunk = self._put(rows, chunk)
            if not chunk:
                break
        return set(chunk)

    def _put(self, rows: Sequence[bytes], chunk: list[int]) -> list[int]:
        """One call. Returns the positions that were turned away."""
        try:
            answer = self._client.put_record_batch(
                DeliveryStreamName=self._stream, Records=[{"Data": rows[position]} for position in chunk]
            )
        except (ClientError, BotoCoreError) as exc:
            failure = translate(exc, doing="logging vectors")
            if isinstance(failure, RetryableError):
                return chunk
            raise failure from exc
        if not answer["FailedPutCount"]:
            return []
        return [
            position
            for position, response in zip(chunk, answer["RequestResponses"], strict=True)
            if response.get("ErrorCode")
        ]


def _chunks(rows: Sequence[bytes]) -> Iterator[list[int]]:
    chunk: list[int] = []
    size = 0
    for position, row in enumerate(rows):
        if chunk and (len(chunk) == _RECORDS_PER_CALL or size + len(row) > _BYTES_PER_CALL):
            yield chunk
            chunk, size = [], 0
        chunk.append(position)
        size += len(row)
    if chunk:
        yield chunk


@cache
def settings() -> Settings:
    """This process's settings."""
    return Settings.from_env(os.environ)


@cache
def connect() -> Enrichment:
    """The function, wired to AWS; once per process."""
    its = settings()
    compiled = features(its.usecase)
    executor = ThreadPoolExecutor(its.store_threads)
    table = client("dynamodb", BULK)
    layouts = Layouts(table, its.state_table, own=layouts_of(compiled))
    return Enrichment(
        features=compiled,
        reader=StateReader(table, its.state_table, usecase=compiled.usecase, executor=executor, layouts=layouts),
        writer=StateWriter(table, its.state_table, executor=executor, layouts=layouts),
        log=FirehoseLog(client("firehose", BULK), its.feature_delivery_stream),
        quarantine=LakeBucket(client("s3"), its.quarantine_bucket),
        scorer=_scorer(its),
        snapshots=_feature_store(its, compiled.usecase, executor),
        alerts=_announcer(its, compiled.usecase, executor),
        lookups=lookups_of(compiled.usecase, table, its.lookup_table, executor),
        mask_key=mask_key(client("secretsmanager"), its.mask_key_secret_arn) if its.mask_key_secret_arn else b"",
    )


def _scorer(its: Settings) -> Scorer | None:
    if not its.endpoint_name:
        return None
    runtime = client("sagemaker-runtime", single_attempt(its.endpoint_timeout_s))
    return Scorer(
        endpoint=GuardedEndpoint(SageMakerEndpoint(runtime, its.endpoint_name), Breaker()),
        call_s=its.endpoint_timeout_s,
        deadline_s=its.scoring_deadline_s,
    )


def _announcer(its: Settings, usecase: UseCase, executor: Executor) -> Announcer | None:
    if usecase.alerts is None:
        return None
    bus = AlertBus(client("events", _ALERTING), executor=executor)
    return Announcer(usecase, usecase.alerts, bus=bus, stage=its.stage)


def _feature_store(its: Settings, usecase: UseCase, executor: Executor) -> FeatureStore | None:
    entities = [entity.name for entity in usecase.entities if entity.snapshot is not None]
    if not entities:
        return None
    groups = its.group_of
    for entity in entities:
        if entity not in groups:
            raise SettingsError(f"FEATURE_GROUPS names no group of {entity!r}, which the use case puts there")
    runtime = client("sagemaker-featurestore-runtime", PACED)
    return FeatureStore(runtime, groups, usecase=usecase, executor=executor)
