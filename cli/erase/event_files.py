"""Files of events that were dropped into the inbox. One that has anything of the person goes as a whole.

Its other events are in the lake, and a file that is put back without the person's rows would be taken in once more.
"""

import gzip
import io
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import fastavro
import pyarrow.parquet as pq

from cli.erase.subject import Subject
from lambdas.event_inbox.settings import FOLDERS
from lambdas.shared.files.places import Place
from pipelines.training_set.errors import LakeError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FOLDER = FOLDERS.inbox


def found_in(key: str, body: bytes, subject: Subject) -> list[str]:
    """The rows of a file that name the person; a file that cannot be read is one row."""
    try:
        rows = list(_rows(key.lower(), body))
    except Exception:  # whatever a damaged file makes a library raise, its bytes are looked at
        rows = [body.decode(errors="replace")]
    return [it for it in rows if subject.in_text(it)]


def _rows(name: str, body: bytes) -> Iterator[str]:
    if name.endswith(".parquet"):
        for batch in pq.ParquetFile(io.BytesIO(body)).iter_batches():
            yield from (json.dumps(it, default=str, ensure_ascii=False) for it in batch.to_pylist())
    elif name.endswith(".avro"):
        yield from (json.dumps(it, default=str, ensure_ascii=False) for it in fastavro.reader(io.BytesIO(body)))
    else:
        text = gzip.decompress(body) if name.endswith(".gz") else body
        yield from text.decode(errors="replace").splitlines()


def require_read(client: "S3Client", bucket: str, key: str) -> None:
    """Refuse to take away a file that the inbox has not finished: the events of others would be lost with it.

    Raises:
        LakeError: if it has no receipt.
    """
    version = client.head_object(Bucket=bucket, Key=key).get("VersionId", "")
    receipt = FOLDERS.receipt(Place(key=key, version=version))
    if not client.list_objects_v2(Bucket=bucket, Prefix=receipt, MaxKeys=1).get("Contents"):
        raise LakeError(f"{key} has no receipt yet: erase again once it has been read, or delete it")
