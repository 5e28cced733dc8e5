"""boto3 clients of the local AWS: fixed credentials, one address, nothing read from the host's configuration."""

from typing import Any

import boto3
from botocore.config import Config

ACCOUNT_ID = "000000000000"
REGION = "eu-west-1"
SECRET_KEY = "test"  # noqa: S105  the emulator's own, valid nowhere else

_POOL = 16


def client(service: str, endpoint_url: str) -> Any:
    """A client with the account's own rights.

    Args:
        service: boto3's name of the service.
        endpoint_url: The emulator: ``http://127.0.0.1:PORT``.
    """
    session = boto3.Session(aws_access_key_id=ACCOUNT_ID, aws_secret_access_key=SECRET_KEY, region_name=REGION)
    config = Config(
        retries={"total_max_attempts": 2},
        s3={"addressing_style": "path"},
        inject_host_prefix=False,
        read_timeout=180,
        max_pool_connections=_POOL,
    )
    return session.client(service, endpoint_url=endpoint_url, config=config)  # type: ignore[call-overload]  any service
