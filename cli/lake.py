"""Reading the lake: objects under a prefix, Parquet as one frame, JSON lines as documents."""

import io
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cli.deployment import Deployment

READERS = 8


def keys(deployment: Deployment, prefix: str) -> list[str]:
    """The keys of all objects under a prefix, sorted."""
    pages = deployment.s3.get_paginator("list_objects_v2").paginate(Bucket=deployment.bucket, Prefix=prefix)
    return sorted(item["Key"] for page in pages for item in page.get("Contents", []))


def read_parquet(deployment: Deployment, prefix: str, columns: Sequence[str] | None = None) -> pa.Table:
    """All Parquet objects under a prefix as one table, without those that a backfill wrote.

    Columns that a file does not have are null; an empty prefix gives a table without rows and columns.
    """
    wanted = [
        key for key in keys(deployment, prefix) if key.endswith(".parquet") and not key.endswith("/backfill.parquet")
    ]

    def read(key: str) -> pa.Table:
        body = deployment.s3.get_object(Bucket=deployment.bucket, Key=key)["Body"].read()
        return pq.read_table(io.BytesIO(body), columns=list(columns) if columns else None)

    with ThreadPoolExecutor(READERS) as pool:
        tables = list(pool.map(read, wanted))
    return pa.concat_tables(tables, promote_options="permissive") if tables else pa.table({})


def read_json_lines(deployment: Deployment, prefix: str) -> Iterator[dict[str, Any]]:
    """Every JSON document of every object under a prefix, in key order."""
    for key in keys(deployment, prefix):
        for line in deployment.s3.get_object(Bucket=deployment.bucket, Key=key)["Body"].iter_lines():
            if line.strip():
                yield json.loads(line)
