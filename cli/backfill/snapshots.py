"""The end of history into the Feature Store: one record per entity with its window features as of the last second.

Only entities with a cadence of snapshots have a record; the stream's own snapshots come later, so they replace it.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from cli.deployment import Deployment
from headrace.errors import RetryableError
from headrace.features import FeatureSet
from headrace.schema import format_timestamp
from headrace.windows import evaluate
from headrace.windows_columnar import EntityState
from lambdas.enrichment.feature_store import EVENT_TIME, FeatureStore
from lambdas.enrichment.folding import Snapshot
from lambdas.shared.stream import NO_MARK
from lambdas.shared.window_state import EntityKey

if TYPE_CHECKING:
    from mypy_boto3_sagemaker_featurestore_runtime.type_defs import (
        BatchGetRecordIdentifierTypeDef,
        BatchGetRecordIdentifierUnionTypeDef,
    )

WRITERS = 16
READ_LIMIT = 100
ATTEMPTS = 8
_AFTER_ALL = "\U0010ffff"
"""Orders behind every event id."""

Values = dict[str, float]


class Snapshots:
    """The window features of entities at the end of history, gathered while their states go by."""

    def __init__(self, features: FeatureSet, at: int) -> None:
        self._features = features
        self._moment = at - 1
        self._entities = {entity.name for entity in features.usecase.entities if entity.snapshot is not None}
        self._values: dict[EntityKey, Values] = {}

    def passing(self, states: Iterator[EntityState]) -> Iterator[EntityState]:
        """The states, unchanged; what they say of entities with snapshots is kept."""
        for it in states:
            if it.entity in self._entities:
                state = self._features.decode(it.entity, it.source, it.state)
                found = evaluate(state.layout, [state], timestamp=self._moment, event_id=_AFTER_ALL)
                known = {name: value for name, value in found.items() if value is not None}
                self._values.setdefault(EntityKey(it.entity, it.key), {}).update(known)
            yield it

    def __len__(self) -> int:
        return len(self._values)

    def chunks(self, size: int) -> Iterator[list[Snapshot]]:
        """All snapshots, entity by entity, so many at a time; features of a source without state as of nothing."""
        nothing = {name: self._of_nothing(name) for name in self._entities}
        for entity in sorted(self._entities):
            own = [
                Snapshot(key, self._moment, nothing[entity] | values, NO_MARK)
                for key, values in self._values.items()
                if key.entity == entity
            ]
            for start in range(0, len(own), size):
                yield own[start : start + size]

    def _of_nothing(self, entity: str) -> Values:
        values: Values = {}
        for source in ("events", "labels"):
            layout = self._features.layout(entity, source)
            found = evaluate(layout, [], timestamp=self._moment, event_id=_AFTER_ALL)
            values |= {name: value for name, value in found.items() if value is not None}
        return values


def put_snapshots(deployment: Deployment, snapshots: Sequence[Snapshot], *, resumed: bool) -> None:
    """Put the records of one chunk.

    Args:
        deployment: the platform.
        snapshots: of one entity kind.
        resumed: whether an earlier run may have put some of them; those are left alone, for each put adds a row to the
            offline store.

    Raises:
        RetryableError: if the Feature Store keeps refusing.
    """
    groups = group_names(deployment)
    there = _there(deployment, groups, snapshots) if resumed else frozenset()
    missing = [it for it in snapshots if it.key.key not in there]
    with ThreadPoolExecutor(WRITERS) as pool:
        store = FeatureStore(deployment.feature_store, groups, usecase=deployment.usecase, executor=pool)
        refused = store.put(missing)
    if refused:
        raise RetryableError(f"the Feature Store refused {len(refused)} of {len(missing)} records; run it again")


def group_names(deployment: Deployment) -> dict[str, str]:
    """The feature group of every entity with snapshots.

    Raises:
        DeploymentError: if the stack does not name it.
    """
    return {
        entity.name: deployment.output("features", f"{_noun(entity.name)}FeatureGroupName")
        for entity in deployment.usecase.entities
        if entity.snapshot is not None
    }


def _noun(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _there(deployment: Deployment, groups: Mapping[str, str], snapshots: Sequence[Snapshot]) -> frozenset[str]:
    """The keys of those that are online already, with the same time."""
    key_field = {entity.name: entity.key for entity in deployment.usecase.entities}
    found: set[str] = set()
    for start in range(0, len(snapshots), READ_LIMIT):
        part = snapshots[start : start + READ_LIMIT]
        entity, moment = part[0].key.entity, format_timestamp(part[0].timestamp)
        wanted: BatchGetRecordIdentifierTypeDef = {
            "FeatureGroupName": groups[entity],
            "RecordIdentifiersValueAsString": [it.key.key for it in part],
            "FeatureNames": [key_field[entity], EVENT_TIME],
        }
        for key, time_there in _online(deployment, [wanted]):
            if time_there == moment:
                found.add(key)
    return frozenset(found)


def _online(
    deployment: Deployment, wanted: "Sequence[BatchGetRecordIdentifierUnionTypeDef]"
) -> Iterator[tuple[str, str | None]]:
    """The key and time of every record that is online, whatever number of calls that takes."""
    for _ in range(ATTEMPTS):
        answer = deployment.feature_store.batch_get_record(Identifiers=wanted)
        for record in answer["Records"]:
            values = {one["FeatureName"]: one["ValueAsString"] for one in record["Record"]}
            yield record["RecordIdentifierValueAsString"], values.get(EVENT_TIME)
        if answer["Errors"]:
            first = answer["Errors"][0]
            raise RetryableError(
                f"reading the Feature Store: {first['ErrorCode']}: {first['ErrorMessage']}; run it again"
            )
        wanted = answer["UnprocessedIdentifiers"]
        if not wanted:
            return
    raise RetryableError(f"reading the Feature Store: records unread after {ATTEMPTS} attempts; run it again")
