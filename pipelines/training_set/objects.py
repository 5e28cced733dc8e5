"""Where the lake's objects lie: what the training set needs of a store, and a folder of this machine as one."""

import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

_HIDDEN = (".", "~")


class StoredObject(NamedTuple):
    """An object as a store lists it. Equal key and ``etag`` mean equal bytes."""

    key: str
    size: int
    etag: str


class ObjectStore(Protocol):
    """Whole objects by key. It can be pickled: Spark's workers read and write through it."""

    def objects(self, prefix: str) -> Iterator[StoredObject]:
        """Every object whose key begins with ``prefix``, a folder that ends in ``/``; ascending by key."""

    def open(self, key: str) -> BinaryIO:
        """The object's bytes, seekable. Raises LakeError if there is no such object."""

    def write(self, key: str, body: bytes) -> StoredObject:
        """Put a whole object: a reader sees the old one or the new one, never half of it."""

    def delete(self, key: str) -> None:
        """Remove an object; one that is absent is fine."""


class Folder:
    """A lake in a folder of this machine. An object is written beside its place and moved there when it is whole."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    def objects(self, prefix: str) -> Iterator[StoredObject]:
        """See ``ObjectStore``; the etag is a digest of the bytes, so a copied lake is the same lake."""
        for path in sorted((self.root / prefix).rglob("*")):
            if path.is_file() and not path.name.startswith(_HIDDEN):
                with path.open("rb") as stream:
                    digest = hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
                yield StoredObject(path.relative_to(self.root).as_posix(), path.stat().st_size, digest)

    def open(self, key: str) -> BinaryIO:
        """See ``ObjectStore``."""
        return (self.root / key).open("rb")

    def write(self, key: str, body: bytes) -> StoredObject:
        """See ``ObjectStore``."""
        path = self.root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as stream:
            half = Path(stream.name)
            try:
                stream.write(body)
            except BaseException:
                half.unlink()
                raise
        half.replace(path)
        return StoredObject(key, len(body), hashlib.blake2b(body, digest_size=16).hexdigest())

    def delete(self, key: str) -> None:
        """See ``ObjectStore``; folders that it leaves empty go too."""
        path = self.root / key
        path.unlink(missing_ok=True)
        if path.parent != self.root and path.parent.is_dir() and not any(path.parent.iterdir()):
            path.parent.rmdir()
