"""A machine without AWS: buckets are folders, nobody listens to events, and time is the computer's own.

For runs of a pipeline on their own, without the emulator around them.
"""

import shutil
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from local.sagemaker.platform import Account, Event, Measurement, ObjectDeniedError, ObjectNotFoundError, S3Location


class FolderObjects:
    """Object storage in a folder: one folder per bucket, one file per object."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def path(self, location: S3Location) -> Path:
        """The file of an object.

        Raises:
            ObjectDeniedError: if the key leaves the bucket.
        """
        bucket = self._root / location.bucket
        found = bucket / location.key
        if ".." in Path(location.key).parts or not found.is_relative_to(bucket):
            raise ObjectDeniedError(f"{location.uri} leaves its bucket")
        return found

    def keys(self, prefix: S3Location) -> list[str]:
        """Every key that starts with the prefix, in order."""
        bucket = self._root / prefix.bucket
        if not bucket.is_dir():
            raise ObjectNotFoundError(f"no bucket {prefix.bucket}")
        found = (path.relative_to(bucket).as_posix() for path in bucket.rglob("*") if path.is_file())
        return sorted(key for key in found if key.startswith(prefix.key))

    def read(self, location: S3Location) -> bytes:
        """One object."""
        return self._existing(location).read_bytes()

    def write(self, location: S3Location, body: bytes) -> None:
        """Store one object."""
        self._new(location).write_bytes(body)

    def download(self, location: S3Location, path: Path) -> None:
        """Copy one object to a file."""
        shutil.copyfile(self._existing(location), path)

    def upload(self, path: Path, location: S3Location) -> None:
        """Copy a file to one object."""
        shutil.copyfile(path, self._new(location))

    def lend(self, path: Path, location: S3Location) -> None:
        """Let a file of the user's appear as an object, without a copy of it."""
        self._new(location).symlink_to(path.resolve())

    def _existing(self, location: S3Location) -> Path:
        path = self.path(location)
        if not path.is_file():
            raise ObjectNotFoundError(location.uri)
        return path

    def _new(self, location: S3Location) -> Path:
        path = self.path(location)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


class FolderPlatform:
    """What a pipeline runs on; every role may do everything."""

    def __init__(self, folder: Path) -> None:
        """Use a folder.

        Args:
            folder: for buckets and working files; the caller removes it.
        """
        self.account = Account()
        self.work_dir = folder / "work"
        self.work_dir.mkdir(parents=True)
        self.store = FolderObjects(folder / "buckets")

    def now(self) -> float:
        """The computer's time."""
        return time.time()

    def objects(self, role_arn: str) -> FolderObjects:
        """The same store for everybody."""
        return self.store

    def job_environment(self, role_arn: str) -> Mapping[str, str]:
        """A region, and no credentials: jobs call nobody."""
        return {"AWS_REGION": self.account.region}

    def emit(self, event: Event) -> None:
        """Nobody listens."""

    def measure(self, measurements: Iterable[Measurement]) -> None:
        """Nobody looks at metrics."""

    def alarm_states(self, names: Iterable[str]) -> Mapping[str, str]:
        """There are no alarms."""
        return {}

    def write_log(self, group: str, stream: str, text: str) -> None:
        """A job's log stays in its file below ``work_dir``."""
