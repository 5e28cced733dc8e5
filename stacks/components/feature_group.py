"""A SageMaker feature group: the feature values of one kind of entity, online for lookups and offline for history."""

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from stacks.components.bucket import LakeBucket

EVENT_TIME = "event_time"
"""ISO-8601 text, so that the offline store reads without conversion."""
FOLDER = "feature-store/"


class FeatureStoreRole(iam.Role):
    """Lets the Feature Store keep its offline copies in one folder of the lake. It sets an ACL on what it writes.

    The rights are those of AWS's own ``AmazonSageMakerFeatureStoreAccess`` for groups in Glue's table format.
    """

    def __init__(self, scope: Construct, id_: str, *, bucket: LakeBucket) -> None:
        super().__init__(
            scope,
            id_,
            assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"),
            description="Keeps the offline store in the lake",
        )
        bucket.grant_put_to(self, FOLDER)
        self.add_to_policy(
            iam.PolicyStatement(actions=["s3:PutObjectAcl"], resources=[bucket.arn_for_objects(f"{FOLDER}*")])
        )
        self.add_to_policy(iam.PolicyStatement(actions=["s3:GetBucketAcl"], resources=[bucket.bucket_arn]))


class FeatureGroup(sagemaker.CfnFeatureGroup):
    """One group per entity, holding the window features of that entity.

    Features are appended in place; a group with one changed or removed is another group, under another name.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        entity: str,
        key: str,
        features: Sequence[str],
        bucket: LakeBucket,
        role: iam.IRole,
    ) -> None:
        super().__init__(
            scope,
            id_,
            feature_group_name=name,
            description=f"Window features of a {entity}",
            record_identifier_feature_name=key,
            event_time_feature_name=EVENT_TIME,
            role_arn=role.role_arn,
            feature_definitions=[
                _feature(key, "String"),
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


def grant_put_record(role: iam.Role, *, group_name: str) -> None:
    """Let a role put records into the group of that name in the role's own account and region."""
    group = Stack.of(role).format_arn(service="sagemaker", resource="feature-group", resource_name=group_name)
    role.add_to_policy(iam.PolicyStatement(actions=["sagemaker:PutRecord"], resources=[group]))


def _feature(name: str, kind: str) -> sagemaker.CfnFeatureGroup.FeatureDefinitionProperty:
    return sagemaker.CfnFeatureGroup.FeatureDefinitionProperty(feature_name=name, feature_type=kind)
