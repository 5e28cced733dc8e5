"""Everything that a deployed loop keeps, as bytes to search in: decompressed, decoded, Parquet as its values."""

import base64
import binascii
import gzip
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq

from local.loop import Loop

_PACKED = re.compile(rb"[A-Za-z0-9+/]{16,}={0,2}")
Kept = tuple[str, bytes]
"""Where it lies, and what it says."""


def objects(loop: Loop) -> Iterator[Kept]:
    """Every version of every object of every bucket."""
    s3 = loop.client("s3")
    for bucket in s3.list_buckets()["Buckets"]:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket["Name"]):
            for it in page.get("Contents", []):
                body = s3.get_object(Bucket=bucket["Name"], Key=it["Key"])["Body"].read()
                yield f"s3://{bucket['Name']}/{it['Key']}", _said(it["Key"].encode() + b"\n" + body, body)


def items(loop: Loop) -> Iterator[Kept]:
    """Every item of every table."""
    dynamodb = loop.client("dynamodb")
    for table in dynamodb.list_tables()["TableNames"]:
        for page in dynamodb.get_paginator("scan").paginate(TableName=table):
            for item in page["Items"]:
                values = [part for value in item.values() for part in value.values()]
                told = b"\n".join(part if isinstance(part, bytes) else str(part).encode() for part in values)
                yield f"dynamodb://{table}", told


def messages(loop: Loop) -> Iterator[Kept]:
    """What waits in queues, dead letters among them."""
    sqs = loop.client("sqs")
    for url in sqs.list_queues().get("QueueUrls", []):
        for it in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0).get("Messages", []):
            yield url, _said(it["Body"].encode(), b"")


def logs(loop: Loop, folder: Path) -> Iterator[Kept]:
    """Log groups, and what the local cloud's processes wrote beside them."""
    client = loop.client("logs")
    for group in client.describe_log_groups()["logGroups"]:
        name = group["logGroupName"]
        for page in client.get_paginator("filter_log_events").paginate(logGroupName=name):
            for it in page["events"]:
                yield name, _said(it["message"].encode(), b"")
    for path in folder.rglob("*"):
        if path.is_file():
            yield str(path), _said(path.read_bytes(), b"")


def _said(said: bytes, body: bytes) -> bytes:
    """The bytes with what is packed into them: gzip, Parquet and base64."""
    if body.startswith(b"\x1f\x8b"):
        said += b"\n" + gzip.decompress(body)
    if body.startswith(b"PAR1"):
        said += b"\n" + str(pq.read_table(io.BytesIO(body)).to_pylist()).encode()
    unpacked = []
    for found in _PACKED.findall(said):
        try:
            unpacked.append(base64.b64decode(found, validate=True))
        except binascii.Error:
            continue
    return b"\n".join([said, *unpacked])
