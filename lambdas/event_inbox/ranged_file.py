"""A file that can be read anywhere, whatever its size: a small one is held, of a large one the part that is wanted."""

import io
from collections.abc import Iterator

from headrace.errors import HeadraceError
from lambdas.shared.files.batches import Batch
from lambdas.shared.files.ports import Opened

HELD_BYTES = 16 * 1024**2
"""Up to this a file is read whole, in one call."""


class RangedFile(io.RawIOBase):
    """Reads ranges of the batch's file. ``failure`` is what went wrong behind a library that may hide it."""

    def __init__(self, batch: Batch, opened: Opened) -> None:
        super().__init__()
        self._batch = batch
        self._size = opened.size
        self._at = 0
        self.failure: HeadraceError | None = None

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Where it stands."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Stand elsewhere."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def size(self) -> int:
        """All of its bytes."""
        return self._size

    def read(self, size: int = -1, /) -> bytes:
        """Read so many bytes; fewer at the end."""
        left = max(0, self._size - self._at)
        length = left if size < 0 else min(size, left)
        if not length:
            return b""
        try:
            opened = self._batch.its.inbox.open(self._batch.place, offset=self._at, length=length)
            data = b"".join(opened.chunks)
        except HeadraceError as exc:
            self.failure = exc
            raise
        self._at += len(data)
        return data


def random_access(batch: Batch, opened: Opened) -> io.BytesIO | RangedFile:
    """The opened file, to be read anywhere. Raises RetryableError or DependencyError."""
    if opened.size <= HELD_BYTES:
        return io.BytesIO(b"".join(opened.chunks))
    _leave(opened.chunks)
    return RangedFile(batch, opened)


def _leave(chunks: Iterator[bytes]) -> None:
    """Give the connection back. A generator that has not begun would keep it."""
    next(chunks, None)
    close = getattr(chunks, "close", None)
    if close:
        close()
