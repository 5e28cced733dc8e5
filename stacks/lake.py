"""The lake: one encrypted bucket and the tables that make its folders queryable."""

from dataclasses import dataclass

from aws_cdk import RemovalPolicy
from aws_cdk import aws_glue as glue
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.components.bucket import LOOKUP_PREFIXES, PREFIXES, LakeBucket
from stacks.components.data_trail import DataTrail
from stacks.components.key import EncryptionKey
from stacks.components.table import LakeTable, event_columns, feature_columns
from stacks.stack import HeadraceStack
from stacks.target import Target


@dataclass(frozen=True, kw_only=True)
class Lake:
    """What other stacks use of the lake."""

    key: kms.IKey
    bucket: LakeBucket
    events: glue.S3Table
    features: glue.S3Table


class LakeStack(HeadraceStack):
    """Key, bucket, Glue database and the tables ``events`` and ``features``."""

    noun = "lake"

    def __init__(self, scope: Construct, *, target: Target) -> None:
        super().__init__(scope, target=target, description="Headrace lake: encrypted bucket, Glue database and tables")
        removal = RemovalPolicy.RETAIN if target.stage.keep_data else RemovalPolicy.DESTROY
        key = EncryptionKey(self, "Key", removal_policy=removal)
        prefixes = (*PREFIXES, *LOOKUP_PREFIXES) if target.usecase.lookups else PREFIXES
        bucket = LakeBucket(self, "Bucket", key=key, removal_policy=removal, prefixes=prefixes)
        database = glue.Database(
            self,
            "Database",
            database_name=target.database_name,
            description=target.usecase.description,
            removal_policy=removal,
        )
        events = LakeTable(
            self,
            "Events",
            name="events",
            description="Events as they arrived, by hour of arrival",
            database=database,
            bucket=bucket,
            columns=event_columns(target.usecase),
        )
        features = LakeTable(
            self,
            "Features",
            name="features",
            description="Feature vectors and scores as they were computed in the stream",
            database=database,
            bucket=bucket,
            columns=feature_columns(target.usecase),
        )
        if target.stage.data_trail:
            DataTrail(self, "DataTrail", target=target, watched=bucket, logs=bucket.access_logs, key=key)
        self.lake = Lake(key=key, bucket=bucket, events=events, features=features)
        self.publish(BucketName=bucket.bucket_name, DatabaseName=target.database_name)
