"""Moves files between S3 and a container, with the errors that AWS puts into a job's FailureReason."""

import json
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from local.sagemaker.errors import JobFailedError
from local.sagemaker.platform import ObjectError, Objects, S3Location

_MAX_UNPACKED_BYTES = 5 * 1024**3


@dataclass(frozen=True, kw_only=True)
class Share:
    """Which machine of how many wants its share of the objects; by default there is one, which gets them all."""

    place: int = 0
    of: int = 1

    def chosen(self, keys: Sequence[str]) -> list[str]:
        """Every so many-th key, as ``ShardedByS3Key`` shares objects out."""
        return sorted(keys)[self.place :: self.of] if self.of > 1 else list(keys)


ALL = Share()


def download(objects: Objects, uri: str, directory: Path, share: Share = ALL) -> int:
    """Copy one object, or every object below a prefix, into a directory.

    Returns:
        The number of files.

    Raises:
        JobFailedError: if there is nothing, or a key would leave the directory.
    """
    source = _parse(uri)
    directory.mkdir(parents=True, exist_ok=True)
    keys = share.chosen(matching_keys(objects, source, uri))
    for key in keys:
        _fetch(objects, S3Location(source.bucket, key), directory, relative(key, source.key))
    return len(keys)


def download_listed(objects: Objects, uri: str, directory: Path, share: Share = ALL) -> int:
    """Copy the objects that a manifest names: ``[{"prefix": "s3://bucket/folder/"}, "key", ...]``.

    Returns:
        The number of files.

    Raises:
        JobFailedError: if the manifest cannot be read, or names something that is not there.
    """
    try:
        head, *names = json.loads(objects.read(_parse(uri)))
        source = _parse(head["prefix"])
    except (ObjectError, ValueError, TypeError, KeyError) as exc:
        raise JobFailedError(f"ClientError: Data download failed: manifest {uri} cannot be read: {exc}") from exc
    directory.mkdir(parents=True, exist_ok=True)
    wanted = share.chosen(names)
    for name in wanted:
        _fetch(objects, S3Location(source.bucket, f"{source.key}{name}"), directory, name)
    return len(wanted)


def _fetch(objects: Objects, location: S3Location, directory: Path, relative: str) -> None:
    target = directory / relative
    if not target.resolve().is_relative_to(directory.resolve()):
        raise JobFailedError(f"ClientError: Data download failed: key {location.key} leaves the target directory")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        objects.download(location, target)
    except ObjectError as exc:
        raise JobFailedError(f"ClientError: Data download failed: {exc}") from exc


def exists(objects: Objects, uri: str) -> bool:
    """Whether there is anything below a prefix."""
    try:
        return any(True for _ in objects.keys(_parse(uri)))
    except ObjectError as exc:
        raise JobFailedError(f"ClientError: Data download failed: {exc}") from exc


def matching_keys(objects: Objects, source: S3Location, uri: str) -> list[str]:
    """The keys of one object, or of every object below a prefix. Raises JobFailedError if there is none."""
    try:
        keys = [key for key in objects.keys(source) if not key.endswith("/")]
    except ObjectError as exc:
        raise JobFailedError(f"ClientError: Data download failed: {exc} (S3 URL {uri})") from exc
    if source.key in keys:
        return [source.key]
    if not keys:
        raise JobFailedError(
            f"ClientError: Data download failed: No S3 objects found under S3 URL {uri!r} given in input data source"
        )
    return keys


def relative(key: str, prefix: str) -> str:
    """A key below its prefix; the last part of a key that is the prefix itself."""
    if key == prefix:
        return PurePosixPath(key).name
    return key[len(prefix) :].lstrip("/")


def upload(objects: Objects, directory: Path, uri: str) -> int:
    """Copy every file below a directory to the prefix; the number of files."""
    target = _parse(uri)
    files = sorted(path for path in directory.rglob("*") if path.is_file())
    for path in files:
        upload_file(objects, path, target.child(path.relative_to(directory).as_posix()).uri)
    return len(files)


def upload_file(objects: Objects, path: Path, uri: str) -> None:
    """Copy one file to one object."""
    try:
        objects.upload(path, _parse(uri))
    except ObjectError as exc:
        raise JobFailedError(f"ClientError: Failed to upload output to {uri}: {exc}") from exc


def _parse(uri: str) -> S3Location:
    try:
        return S3Location.parse(uri)
    except ValueError as exc:
        raise JobFailedError(f"ClientError: {exc}") from exc


def pack(directory: Path, archive: Path) -> None:
    """Write the content of a directory to a ``.tar.gz``, names relative to it."""
    with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
        for path in sorted(directory.rglob("*")):
            tar.add(path, arcname=path.relative_to(directory).as_posix(), recursive=False)


def unpack(archive: Path, directory: Path) -> None:
    """Extract a ``.tar.gz``; members that would leave the directory, links out of it and devices are refused.

    Raises:
        JobFailedError: if the archive is damaged, unsafe or larger than 5 GiB unpacked.
    """
    directory.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(archive, "r:*") as tar:
            members = tar.getmembers()
            if sum(member.size for member in members) > _MAX_UNPACKED_BYTES:
                raise JobFailedError(f"ClientError: {archive.name} unpacks to more than {_MAX_UNPACKED_BYTES} bytes")
            tar.extractall(directory, members=members, filter="data")
    except (tarfile.TarError, EOFError, OSError) as exc:
        raise JobFailedError(f"ClientError: failed to extract {archive.name}: {exc}") from exc
