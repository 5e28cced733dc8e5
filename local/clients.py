"""boto3 clients of the local AWS: fixed credentials, one address, nothing read from the host's configuration."""

from typing import Any

import boto3
from botocore.config import Config

ACCOUNT_ID = "000000000000"
REGION = "eu-west-1"
ACCESS_KEY = SECRET_KEY = "local"  # noqa: S105
"""The root credentials of the local account; they are valid nowhere else."""

_POOL = 16


def session() -> boto3.Session:
    """A session with the account's own rights that reads nothing of the host's AWS configuration."""
    return boto3.Session(aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY, region_name=REGION)


def client(service: str, endpoint_url: str) -> Any:
    """A client with the account's own rights.

    Args:
        service: boto3's name of the service.
        endpoint_url: The emulator: ``http://127.0.0.1:PORT``.
    """
    config = Config(
        retries={"total_max_attempts": 2},
        s3={"addressing_style": "path"},
        inject_host_prefix=False,
        read_timeout=180,
        max_pool_connections=_POOL,
    )
    make: Any = session().client  # the stubs know each service by a literal of its own
    return make(service, endpoint_url=endpoint_url, config=config)
