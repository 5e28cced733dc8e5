"""A Glue table over one folder of the lake, partitioned by arrival date and hour without a crawler.

Partition projection computes the partitions from their names, so a new hour is queryable as soon as it is written.
"""

from collections.abc import Mapping, Sequence

from aws_cdk import aws_glue as glue
from aws_cdk import aws_s3 as s3
from constructs import Construct

from headrace.usecase import FieldType, UseCase

FIRST_DAY = "2015-01-01"
"""Backfilled history lies in the partitions of its own dates; none is looked for before this day."""

_TYPES: Mapping[FieldType, glue.Type] = {
    "string": glue.Schema.STRING,
    "integer": glue.Schema.BIG_INT,
    "number": glue.Schema.DOUBLE,
    "boolean": glue.Schema.BOOLEAN,
    "timestamp": glue.Schema.TIMESTAMP,
}


def event_columns(usecase: UseCase) -> list[glue.Column]:
    """Columns of an event as the lake holds it: its fields, where it came from and when. Removed fields are absent."""
    fields = [
        glue.Column(name=field.name, type=glue.Schema.STRING if field.privacy == "hash" else _TYPES[field.type])
        for field in usecase.event.fields
        if field.privacy != "remove"
    ]
    return [*fields, *_origin(), glue.Column(name="arrived_at", type=glue.Schema.TIMESTAMP)]


def feature_columns(usecase: UseCase) -> list[glue.Column]:
    """Columns of a logged feature vector: the event's id, time and keys, every feature, and what the model answered."""
    keys = [glue.Column(name=entity.key, type=glue.Schema.STRING) for entity in usecase.entities]
    features = [glue.Column(name=name, type=glue.Schema.DOUBLE) for name in usecase.feature_names]
    answers = [glue.Column(name=name, type=glue.Schema.STRING) for name in ("decision", "model_version", "degraded")]
    return [
        glue.Column(name=usecase.event.id, type=glue.Schema.STRING),
        glue.Column(name=usecase.event.timestamp, type=glue.Schema.TIMESTAMP),
        *keys,
        *features,
        glue.Column(name="score", type=glue.Schema.DOUBLE),
        *answers,
        *_origin(),
        glue.Column(name="latency_ms", type=glue.Schema.DOUBLE),
    ]


def _origin() -> list[glue.Column]:
    return [glue.Column(name=name, type=glue.Schema.STRING) for name in ("shard_id", "sequence_number")]


class LakeTable(glue.S3Table):
    """Parquet under ``{name}/dt=YYYY-MM-DD/hh=HH/``."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        description: str,
        database: glue.IDatabase,
        bucket: s3.IBucket,
        columns: Sequence[glue.Column],
    ) -> None:
        super().__init__(
            scope,
            id_,
            table_name=name,
            description=description,
            database=database,
            columns=columns,
            storage=glue.S3TableStorage.from_bucket(bucket),
            s3_prefix=f"{name}/",
            data_format=glue.DataFormat.PARQUET,
            partition_keys=[glue.Column(name=part, type=glue.Schema.STRING) for part in ("dt", "hh")],
            partition_projection={
                "dt": glue.PartitionProjectionConfiguration.date(min=FIRST_DAY, max="NOW+1DAYS", format="yyyy-MM-dd"),
                "hh": glue.PartitionProjectionConfiguration.integer(min=0, max=23, digits=2),
            },
            parameters={"storage.location.template": f"s3://{bucket.bucket_name}/{name}/dt=${{dt}}/hh=${{hh}}/"},
        )
