"""Avro's container of blocks, read from any source in bounded memory.

Apache Avro 1.12, "Object Container Files": a header with the schema, the codec and a mark; then blocks of rows, each
with the number of its rows, its bytes and the mark again. A block says how long it is before it is unpacked, so what
lies before a row is passed over without a look into it.
"""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import pyarrow as pa

from headrace.errors import RejectedError

MAGIC = b"Obj\x01"
_MARK_BYTES = 16
_HEADER_BYTES = 1024**2
_BLOCK_BYTES = 64 * 1024**2
"""The largest block, packed and unpacked. Writers make blocks of 16 KB to 4 MB."""
_CHECKSUM_BYTES = 4
_VARINT_BYTES = 10


class Header(NamedTuple):
    """What a file says of itself."""

    schema: bytes
    codec: str
    mark: bytes


class Block(NamedTuple):
    """Some rows, unpacked. ``first`` counts the rows of the file before them."""

    first: int
    rows: int
    data: bytes


class Source:
    """Bytes that are read once, in order."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._held = b""

    @property
    def ended(self) -> bool:
        """Whether nothing is left."""
        if not self._held:
            self._held = next(self._chunks, b"")
        return not self._held

    def read(self, size: int) -> bytes:
        """Exactly so many bytes. Raises RejectedError if the file ends before."""
        if size > len(self._held):
            parts, length = [self._held], len(self._held)
            while length < size:
                part = next(self._chunks, None)
                if part is None:
                    raise RejectedError("ends in the middle of a block")
                parts.append(part)
                length += len(part)
            self._held = b"".join(parts)
        found, self._held = self._held[:size], self._held[size:]
        return found

    def number(self) -> int:
        """A whole number in Avro's zigzag coding."""
        value, shift = 0, 0
        for _ in range(_VARINT_BYTES):
            byte = self.read(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return (value >> 1) ^ -(value & 1)
        raise damaged()


def damaged() -> RejectedError:
    """What is said of a file whose parts do not fit."""
    return RejectedError("is damaged")


def read_header(source: Source) -> Header:
    """Read the header. Raises RejectedError if there is none, or its codec is unknown."""
    if source.ended or source.read(len(MAGIC)) != MAGIC:
        raise RejectedError("is no container file of Avro")
    meta = _map(source)
    try:
        codec = meta.get("avro.codec", b"null").decode("ascii")
    except UnicodeDecodeError as exc:
        raise damaged() from exc
    if codec not in CODECS:
        raise RejectedError(f"is packed with an unknown codec: use one of {', '.join(sorted(CODECS))}")
    if "avro.schema" not in meta:
        raise RejectedError("has no schema")
    return Header(meta["avro.schema"], codec, source.read(_MARK_BYTES))


def _map(source: Source) -> Mapping[str, bytes]:
    """The header's map of texts to bytes, in blocks that end with an empty one."""
    found: dict[str, bytes] = {}
    left = _HEADER_BYTES
    while count := source.number():
        if count < 0:
            source.number()
        for _ in range(min(abs(count), left)):
            name, left = _bytes(source, left)
            value, left = _bytes(source, left)
            found[name.decode("utf-8", "replace")] = value
    return found


def _bytes(source: Source, left: int) -> tuple[bytes, int]:
    size = source.number()
    if not 0 <= size < left:
        raise RejectedError("has a header that is too long")
    return source.read(size), left - size - 1


def blocks(source: Source, header: Header, *, after: int) -> Iterator[Block]:
    """Blocks that hold rows behind the first ``after`` ones. Raises RejectedError at the first that is damaged."""
    first = 0
    while not source.ended:
        rows, size = source.number(), source.number()
        if rows < 0 or not 0 <= size <= _BLOCK_BYTES:
            raise damaged()
        data = source.read(size)
        if source.read(_MARK_BYTES) != header.mark:
            raise damaged()
        if first + rows > after:
            yield _unpacked(Block(first, rows, data), header.codec)
        first += rows


def _unpacked(block: Block, codec: str) -> Block:
    try:
        data = CODECS[codec](block.data)
    except (zlib.error, OSError, EOFError, ValueError, lzma.LZMAError, MemoryError) as exc:
        raise damaged() from exc
    if len(data) > _BLOCK_BYTES:
        raise RejectedError(f"has a block that unpacks to more than {_BLOCK_BYTES} bytes")
    if block.rows > len(data):
        raise RejectedError("has a block with more rows than bytes")
    return block._replace(data=data)


def _snappy(data: bytes) -> bytes:
    """Raw snappy: the unpacked length comes first, a checksum of what comes out last."""
    packed, checksum = data[:-_CHECKSUM_BYTES], data[-_CHECKSUM_BYTES:]
    size, shift = 0, 0
    for byte in packed[:_VARINT_BYTES]:
        size |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            break
    if size > _BLOCK_BYTES:
        raise RejectedError(f"has a block that unpacks to more than {_BLOCK_BYTES} bytes")
    found: bytes = pa.Codec("snappy").decompress(packed, size, asbytes=True)
    if zlib.crc32(found).to_bytes(_CHECKSUM_BYTES, "big") != checksum:
        raise damaged()
    return found


def _zstandard(data: bytes) -> bytes:
    found: bytes = pa.CompressedInputStream(pa.BufferReader(data), "zstd").read(_BLOCK_BYTES + 1)
    return found


CODECS: Mapping[str, Callable[[bytes], bytes]] = {
    "null": lambda data: data,
    "deflate": lambda data: zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, _BLOCK_BYTES + 1),
    "bzip2": lambda data: bz2.BZ2Decompressor().decompress(data, _BLOCK_BYTES + 1),
    "xz": lambda data: lzma.LZMADecompressor(memlimit=_BLOCK_BYTES * 2).decompress(data, _BLOCK_BYTES + 1),
    "snappy": _snappy,
    "zstandard": _zstandard,
}
"""How each codec unpacks a block, to one byte more than is allowed at most."""
