"""Features: window state, the two functions that fold the streams into it, logged vectors and the feature groups."""

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import aws_kinesisfirehose as firehose
from constructs import Construct

from headrace.errors import UseCaseError
from headrace.evolution import Group, compare
from lambdas.enrichment.settings import Settings as EnrichmentSettings
from lambdas.enrichment.settings import feature_groups
from lambdas.ground_truth.settings import Settings as GroundTruthSettings
from stacks.components.bus_access import grant_announce
from stacks.components.consumer import StreamConsumer
from stacks.components.delivery import ParquetDelivery
from stacks.components.endpoint_access import grant_invoke_endpoint
from stacks.components.feature_group import FeatureGroup, FeatureStoreRole, grant_put_record
from stacks.components.function import Function
from stacks.components.lookup_table import LookupTable
from stacks.components.queue import DeadLetterQueue
from stacks.components.state_table import StateTable
from stacks.ingestion import Ingestion
from stacks.lake import Lake
from stacks.stack import HeadraceStack
from stacks.target import Target


@dataclass(frozen=True, kw_only=True)
class Features:
    """What other stacks use of features. Queues are keyed by the function whose failures they keep."""

    state: StateTable
    delivery: firehose.DeliveryStream
    enrichment: Function
    ground_truth: Function
    dead_letters: Mapping[str, DeadLetterQueue]


def _require_readable_keys(target: Target) -> None:
    for entity in target.usecase.entities:
        if target.usecase.event.field(entity.key).privacy == "hash":
            raise UseCaseError(
                f"entities[{entity.name}].key",
                f"{entity.key!r} is hashed, and of the functions only the delivery transform may read the hash's key",
                "hash it before it becomes an event and set privacy='clear'",
            )


def _noun(entity: str) -> str:
    return "".join(part.capitalize() for part in entity.split("_"))


class FeaturesStack(HeadraceStack):
    """State table, enrichment and ground_truth with their mappings, feature Firehose, a feature group per entity."""

    noun = "features"

    def __init__(
        self, scope: Construct, *, target: Target, lake: Lake, ingestion: Ingestion, lookups: LookupTable | None = None
    ) -> None:
        super().__init__(
            scope,
            target=target,
            description="Headrace features: window state, stream functions, feature groups",
        )
        _require_readable_keys(target)
        self._lookups = lookups
        state = StateTable(self, "State", key=lake.key, keep_data=target.stage.keep_data)
        delivery = ParquetDelivery(
            self, "FeatureDelivery", table=lake.features, folder="features", bucket=lake.bucket, stage=target.stage
        )
        enrichment = self._build_enrichment(lake, state, delivery)
        if lookups:
            lookups.grant_look_up_to(enrichment.own_role)
        ground_truth = self._build_ground_truth(lake, state)
        consumers = {
            "enrichment": StreamConsumer(
                self,
                "EventConsumer",
                stream=ingestion.events,
                function=enrichment,
                key=lake.key,
                stage=target.stage,
                batch_size=500,
            ),
            "ground_truth": StreamConsumer(
                self,
                "LabelConsumer",
                stream=ingestion.labels,
                function=ground_truth,
                key=lake.key,
                stage=target.stage,
                batch_size=500,
            ),
        }
        self.features = Features(
            state=state,
            delivery=delivery,
            enrichment=enrichment,
            ground_truth=ground_truth,
            dead_letters={name: consumer.dead_letters for name, consumer in consumers.items()},
        )
        self._build_feature_groups(lake)
        self._publish()

    def _build_enrichment(self, lake: Lake, state: StateTable, delivery: firehose.DeliveryStream) -> Function:
        scored = self.target.usecase.serving.score_stream
        entities = [entity.name for entity in self.target.usecase.entities if entity.snapshot is not None]
        groups = {name: self.target.feature_group_name(name) for name in entities}
        function = Function(
            self,
            "Enrichment",
            folder="enrichment",
            target=self.target,
            key=lake.key,
            timeout_s=60,
            description="Folds events into window state and logs each event's feature vector and score",
            settings=EnrichmentSettings(
                usecase=self.target.usecase.name,
                stage=self.target.stage.name,
                state_table=state.table_name,
                feature_delivery_stream=delivery.delivery_stream_name,
                quarantine_bucket=lake.bucket.bucket_name,
                endpoint_name=self.target.endpoint_name if scored else "",
                feature_groups=feature_groups(groups),
                lookup_table=self._lookups.table_name if self._lookups else "",
            ),
        )
        for group_name in groups.values():
            grant_put_record(function.own_role, group_name=group_name)
        state.grant_fold_to(function.own_role)
        delivery.grant(function, "firehose:PutRecordBatch")
        lake.bucket.grant_put_to(function.own_role, "quarantine/enrichment/")
        if self.target.usecase.alerts is not None:
            grant_announce(function.own_role)
        if scored:
            grant_invoke_endpoint(function.own_role, endpoint_name=self.target.endpoint_name)
        return function

    def _build_ground_truth(self, lake: Lake, state: StateTable) -> Function:
        function = Function(
            self,
            "GroundTruth",
            folder="ground_truth",
            target=self.target,
            key=lake.key,
            timeout_s=60,
            description="Folds late labels into window state and writes them to the lake",
            settings=GroundTruthSettings(
                usecase=self.target.usecase.name,
                stage=self.target.stage.name,
                state_table=state.table_name,
                lake_bucket=lake.bucket.bucket_name,
            ),
        )
        state.grant_fold_to(function.own_role)
        lake.bucket.grant_put_to(function.own_role, "labels/", "ground-truth/", "quarantine/ground_truth/")
        return function

    def _build_feature_groups(self, lake: Lake) -> None:
        role = FeatureStoreRole(self, "FeatureStoreRole", bucket=lake.bucket)
        deployed = compare(self.target.record, self.target.usecase).after
        entities = {entity.name: entity.key for entity in self.target.usecase.entities}
        for version in (*deployed.kept, Group(deployed.version, entities, deployed.features)):
            self._build_version(version, lake, role)
        for name in entities:
            self.publish(**{f"{_noun(name)}FeatureGroupName": self.target.feature_group_name(name)})

    def _build_version(self, version: Group, lake: Lake, role: FeatureStoreRole) -> None:
        windows = [window for feature in version.features if (window := feature.window)]
        for name, key in version.entities.items():
            group = FeatureGroup(
                self,
                f"{_noun(name)}FeatureGroup" + (f"V{version.version}" if version.version > 1 else ""),
                name=self.target.feature_group_name(name, version.version),
                entity=name,
                key=key,
                features=[window.name for window in windows if window.entity == name],
                bucket=lake.bucket,
                role=role,
            )
            group.node.add_dependency(role)
            self.features.enrichment.node.add_dependency(group)  # it puts snapshots as soon as it knows the name

    def _publish(self) -> None:
        self.publish(
            StateTableName=self.features.state.table_name,
            FeatureDeliveryStreamName=self.features.delivery.delivery_stream_name,
            EnrichmentFunctionName=self.features.enrichment.function_name,
            EnrichmentDeadLetterUrl=self.features.dead_letters["enrichment"].queue_url,
            GroundTruthDeadLetterUrl=self.features.dead_letters["ground_truth"].queue_url,
        )
