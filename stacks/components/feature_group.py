"""A SageMaker feature group: the feature values of one kind of entity, online for lookups and offline for history."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from headrace.usecase import Entity, UseCase
from stacks.components.bucket import LakeBucket

EVENT_TIME = "event_time"
"""ISO-8601 text, so that the offline store reads without conversion."""
FOLDER = "feature-store/"


class FeatureStoreRole(iam.Role):
    """Lets the Feature Store keep its offline copies in one folder of the lake. It sets an ACL on what it writes."""

    def __init__(self, scope: Construct, id_: str, *, bucket: LakeBucket) -> None:
        super().__init__(
            scope,
            id_,
            assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"),
            description="Keeps the offline store in the lake",
        )
        bucket.grant_write_to(self, FOLDER)
        bucket.grant_read_of(self, FOLDER)
        self.add_to_policy(
            iam.PolicyStatement(actions=["s3:PutObjectAcl"], resources=[bucket.arn_for_objects(f"{FOLDER}*")])
        )
        self.add_to_policy(
            iam.PolicyStatement(actions=["s3:GetBucketLocation", "s3:GetBucketAcl"], resources=[bucket.bucket_arn])
        )


class FeatureGroup(sagemaker.CfnFeatureGroup):
    """One group per entity, holding the window features of that entity. Features can be added later, never removed."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        usecase: UseCase,
        entity: Entity,
        bucket: LakeBucket,
        role: iam.IRole,
    ) -> None:
        features = [feature.name for feature in usecase.window_features if feature.entity == entity.name]
        super().__init__(
            scope,
            id_,
            feature_group_name=name,
            description=f"Window features of a {entity.name}",
            record_identifier_feature_name=entity.key,
            event_time_feature_name=EVENT_TIME,
            role_arn=role.role_arn,
            feature_definitions=[
                _feature(entity.key, "String"),
                _feature(EVENT_TIME, "String"),
                *(_feature(it, "Fractional") for it in features),
            ],
            online_store_config={
                "EnableOnlineStore": True,
                "StorageType": "Standard",
                "SecurityConfig": {"KmsKeyId": bucket.key.key_arn},
            },
            offline_store_config={
                "S3StorageConfig": {
                    "S3Uri": f"s3://{bucket.bucket_name}/{FOLDER.rstrip('/')}",
                    "KmsKeyId": bucket.key.key_arn,
                },
                "TableFormat": "Glue",
            },
        )


def _feature(name: str, kind: str) -> sagemaker.CfnFeatureGroup.FeatureDefinitionProperty:
    return sagemaker.CfnFeatureGroup.FeatureDefinitionProperty(feature_name=name, feature_type=kind)
