"""Snapshots into the Feature Store: one record per entity and period, a few at a time."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import Executor
from threading import Event
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from headrace.errors import RetryableError
from headrace.schema import format_timestamp
from headrace.usecase import UseCase
from lambdas.enrichment.folding import Snapshot
from lambdas.shared.failures import translate

if TYPE_CHECKING:
    from mypy_boto3_sagemaker_featurestore_runtime import SageMakerFeatureStoreRuntimeClient
    from mypy_boto3_sagemaker_featurestore_runtime.type_defs import FeatureValueTypeDef

EVENT_TIME = "event_time"
"""The feature that holds a record's time, ISO-8601 text, in every group."""
_ATTEMPTS = 5
_PAUSE_S = 0.1


class FeatureStore:
    """Puts records into the groups of a use case's entities.

    A record goes online only if it is newer than what is there, so one that is put twice, or late, harms nothing.
    """

    def __init__(
        self,
        client: "SageMakerFeatureStoreRuntimeClient",
        groups: Mapping[str, str],
        *,
        usecase: UseCase,
        executor: Executor,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Args: ``groups`` is the feature group's name by entity name; ``executor`` bounds the calls in flight."""
        self._client = client
        self._groups = groups
        self._key_fields = {entity.name: entity.key for entity in usecase.entities}
        self._executor = executor
        self._sleep = sleep

    def put(self, snapshots: Sequence[Snapshot]) -> AbstractSet[int]:
        """Put snapshots; a call that is throttled is tried again, with growing pauses.

        Returns:
            The positions of those that were not put. Once one is given up, those not yet sent are not tried: the store
            needs rest, and the batch starts again there.

        Raises:
            DependencyError: if the Feature Store refuses for good: a missing grant, an unknown group or feature.
        """
        given_up = Event()
        taken = list(self._executor.map(lambda it: self._put(it, given_up), snapshots))
        return {position for position, done in enumerate(taken) if not done}

    def _put(self, snapshot: Snapshot, given_up: Event) -> bool:
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._sleep(_PAUSE_S * 2**attempt * random.uniform(0.5, 1))  # noqa: S311  # jitter, not a secret
            if given_up.is_set():
                return False
            try:
                self._client.put_record(
                    FeatureGroupName=self._groups[snapshot.key.entity], Record=self._record(snapshot)
                )
            except (ClientError, BotoCoreError) as exc:
                failure = translate(exc, doing="putting snapshots")
                if not isinstance(failure, RetryableError):
                    raise failure from exc
            else:
                return True
        given_up.set()
        return False

    def _record(self, snapshot: Snapshot) -> "list[FeatureValueTypeDef]":
        values = {
            self._key_fields[snapshot.key.entity]: snapshot.key.key,
            EVENT_TIME: format_timestamp(snapshot.timestamp),
            **{name: repr(value) for name, value in snapshot.values.items()},
        }
        return [{"FeatureName": name, "ValueAsString": text} for name, text in values.items()]
