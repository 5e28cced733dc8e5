"""The hands of a run in a function: the lake, and the job as a process of its own.

A process of its own leaves no memory behind, can be ended in time, and is the command that the container runs.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from mimetypes import guess_type
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.monitor_run.logic import RunLostError, Runner
from lambdas.monitor_run.settings import Settings
from lambdas.shared.clients import BULK, client
from lambdas.shared.failures import translate
from lambdas.shared.lake_bucket import LakeBucket

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_JOB = "pipelines.jobs.monitor"
_CHUNK_BYTES = 1 << 20


class LakeFiles(LakeBucket):
    """The lake's bucket, and its objects as files."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        super().__init__(client, bucket)
        self._objects = client

    def fetch(self, key: str, path: Path) -> None:
        """See ``logic.Lake``."""
        try:
            body = self._objects.get_object(Bucket=self._bucket, Key=key)["Body"]
            with path.open("wb") as file:
                for part in body.iter_chunks(_CHUNK_BYTES):
                    file.write(part)
        except (ClientError, BotoCoreError) as exc:
            raise translate(exc, doing=f"reading {key.partition('/')[0]}") from exc

    def put(self, key: str, body: bytes) -> None:
        """See ``logic.Lake``; browsers show a report for what it is."""
        kind = guess_type(key)[0] or "application/x-ndjson"
        try:
            self._objects.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=kind)
        except (ClientError, BotoCoreError) as exc:
            raise translate(exc, doing=f"writing {key.partition('/')[0]}") from exc


class MonitorJob:
    """``python -m pipelines.jobs.monitor`` with what this process can import."""

    def run(self, arguments: Sequence[str], *, within_s: float) -> int:
        """See ``logic.Job``."""
        command = [sys.executable, "-S", "-m", _JOB, *arguments]
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            return subprocess.run(command, env=env, timeout=within_s, check=False).returncode  # noqa: S603  our own job
        except subprocess.TimeoutExpired as exc:
            raise RunLostError(f"the job took longer than {within_s:.0f} s; let a machine judge the window") from exc


@cache
def connect() -> Runner:
    """The function, wired to AWS; once per process."""
    its = Settings.from_env(os.environ)
    lake = LakeFiles(client("s3", BULK), its.lake_bucket)
    return Runner(bucket=its.lake_bucket, lake=lake, job=MonitorJob())
