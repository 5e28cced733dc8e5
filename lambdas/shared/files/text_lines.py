"""Bytes of any source become lines, in bounded memory: unpacked within limits, cut at newlines, never held whole.

Packed files cannot be entered in the middle, so whoever goes on with one unpacks from its start and skips; that costs a
small part of what reading the lines costs.
"""

import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from headrace.errors import RejectedError

_GZIP = 31
_PIECE_BYTES = 256 * 1024
_UNSUSPICIOUS_BYTES = 16 * 1024**2
"""Below this nothing is a bomb."""
_FOREIGN_STARTS = {
    b"\xff\xfe": "is UTF-16",
    b"\xfe\xff": "is UTF-16",
    b"\x1f\x8b": "is packed with gzip, and its name does not end in .gz",
    b"PK\x03\x04": "is a ZIP archive",
}
BOM = b"\xef\xbb\xbf"


class Line(NamedTuple):
    """One physical line without its newline. ``end`` is the position behind it, in bytes of the unpacked file.

    Of a line that is too long only the beginning is there, and it is not ``whole``.
    """

    number: int
    end: int
    text: bytes
    whole: bool = True


def unpack(chunks: Iterable[bytes], *, most_bytes: int, most_ratio: int) -> Iterator[bytes]:
    """Unpack gzip, of one member or several.

    Args:
        chunks: the packed bytes.
        most_bytes: how much may come out.
        most_ratio: how many times more may come out than has gone in.

    Raises:
        RejectedError: if it is no gzip, is damaged or ends early, or more comes out than may.
    """
    member, went_in, came_out = zlib.decompressobj(_GZIP), 0, 0
    for chunk in chunks:
        went_in += len(chunk)
        packed = chunk
        while packed:
            if member.eof:
                packed = packed.lstrip(b"\0")  # padding behind a member is usual on tapes and harmless
                if packed:
                    member = zlib.decompressobj(_GZIP)
                continue
            piece = _unpack_piece(member, packed)
            came_out += len(piece)
            if came_out > most_bytes:
                raise RejectedError(f"unpacks to more than {most_bytes} bytes")
            if came_out > max(_UNSUSPICIOUS_BYTES, went_in * most_ratio):
                raise RejectedError(f"unpacks to more than {most_ratio} times its size")
            if piece:
                yield piece
            packed = member.unused_data if member.eof else member.unconsumed_tail
    if went_in and not member.eof:
        raise RejectedError("ends in the middle of its packed data")


def _unpack_piece(member: "zlib._Decompress", packed: bytes) -> bytes:
    try:
        return member.decompress(packed, _PIECE_BYTES)
    except zlib.error as exc:
        raise RejectedError("is not gzip, or is damaged") from exc


def skip(pieces: Iterable[bytes], count: int) -> Iterator[bytes]:
    """The same bytes without the first ``count``."""
    for piece in pieces:
        if count < len(piece):
            yield piece[count:] if count else piece
        count = max(0, count - len(piece))


def lines(pieces: Iterable[bytes], *, after: int, number: int, longest: int) -> Iterator[Line]:
    """Cut at newlines; the last line needs none.

    Args:
        pieces: the unpacked bytes from ``after`` on.
        after: where they begin, in bytes of the unpacked file.
        number: how many lines lie before.
        longest: how many bytes of one line are kept.

    Raises:
        RejectedError: if the file begins as no UTF-8 text does.
    """
    end, held, dropped = after, b"", 0
    for piece in pieces:
        *closed, rest = piece.split(b"\n")
        for text in closed:
            number += 1
            size = len(held) + dropped + len(text)
            end += size + 1
            line = Line(number, end, (held + text)[:longest], size <= longest)
            yield line if number > 1 else _first(line)
            held, dropped = b"", 0
        kept = rest[: longest - len(held)]
        held, dropped = held + kept, dropped + len(rest) - len(kept)
    if held:
        line = Line(number + 1, end + len(held) + dropped, held, not dropped)
        yield line if line.number > 1 else _first(line)


def _first(line: Line) -> Line:
    """The first line without the mark that some programs put before UTF-8."""
    for start, reason in _FOREIGN_STARTS.items():
        if line.text.startswith(start):
            raise RejectedError(f"{reason}: give plain UTF-8 text")
    return line._replace(text=line.text.removeprefix(BOM))
