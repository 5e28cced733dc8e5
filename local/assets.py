"""What stacks need in an account before they are deployed: the bootstrap's buckets and parameter, and the assets."""

import io
import zipfile
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local.assembly import FileAsset, Stack
from local.clients import REGION

_BOOTSTRAP_VERSION = "30"
_BOOTSTRAP_PARAMETER = "/cdk-bootstrap/hnb659fds/version"
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def bootstrap(storage: Any, parameters: Any, found: list[Stack]) -> None:
    """What ``cdk bootstrap`` leaves behind and templates refer to: the asset buckets and the version parameter."""
    existing = {bucket["Name"] for bucket in storage.list_buckets()["Buckets"]}
    for bucket in {asset.bucket for stack in found for asset in stack.assets} - existing:
        storage.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    parameters.put_parameter(Name=_BOOTSTRAP_PARAMETER, Value=_BOOTSTRAP_VERSION, Type="String", Overwrite=True)


def upload(storage: Any, asset: FileAsset) -> None:
    """Put an asset into its bucket unless it is there: its key is its content's."""
    try:
        storage.head_object(Bucket=asset.bucket, Key=asset.key)
    except ClientError:
        body = _zipped(asset.path) if asset.zip else asset.path.read_bytes()
        storage.put_object(Bucket=asset.bucket, Key=asset.key, Body=body)


def _zipped(directory: Path) -> bytes:
    """The directory as a zip that does not depend on when or where it was made."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as bundle:
        for path in sorted(directory.rglob("*")):
            if path.is_file():
                member = zipfile.ZipInfo(path.relative_to(directory).as_posix(), _ZIP_TIME)
                member.external_attr = (path.stat().st_mode & 0o777) << 16
                member.compress_type = zipfile.ZIP_DEFLATED
                bundle.writestr(member, path.read_bytes())
    return sink.getvalue()
