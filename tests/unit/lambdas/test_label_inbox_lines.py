"""Lines of any file in bounded memory: chunk borders, packing, bombs, foreign encodings."""

import gzip
import hashlib
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.errors import RejectedError
from lambdas.shared.files.text_lines import Line, lines, skip, unpack

LIMITS = {"most_bytes": 10**9, "most_ratio": 250}


def chunks(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def cut(data: bytes, size: int = 7, *, after: int = 0, number: int = 0, longest: int = 100) -> list[Line]:
    return list(lines(chunks(data, size), after=after, number=number, longest=longest))


@given(st.lists(st.binary(max_size=20).map(lambda it: it.replace(b"\n", b"")), max_size=12), st.integers(1, 30))
def test_lines_are_the_same_wherever_chunks_end(texts: list[bytes], size: int) -> None:
    texts = [b"first", *texts, b"last"]
    data = b"\n".join(texts)
    found = cut(data, size)
    assert [line.text for line in found] == texts
    assert [line.number for line in found] == list(range(1, len(texts) + 1))
    assert found[-1].end == len(data)


@given(st.lists(st.sampled_from([b"", b"a", b"bcd" * 9]), min_size=2, max_size=9), st.integers(1, 30), st.data())
def test_reading_on_behind_any_line_gives_the_rest(texts: list[bytes], size: int, data: st.DataObject) -> None:
    whole = b"x" + b"\n".join(texts) + b"\n"
    found = cut(whole, size)
    at = data.draw(st.sampled_from(found))
    rest = cut(whole[at.end :], size, after=at.end, number=at.number)
    assert rest == found[at.number :]


def test_a_line_that_is_too_long_is_cut_and_the_next_is_whole() -> None:
    found = cut(b"a" * 250 + b"\nbc\n" + b"d" * 101, 30)
    assert found == [Line(1, 251, b"a" * 100, False), Line(2, 254, b"bc"), Line(3, 355, b"d" * 100, False)]


def test_a_line_without_end_never_fills_the_memory() -> None:
    held = []

    def endless() -> Iterator[bytes]:
        for _ in range(1_000):
            held.append(1)
            yield b"x" * 1_000

    (line,) = lines(endless(), after=0, number=0, longest=500)
    assert (len(line.text), line.end, line.whole) == (500, 1_000_000, False)


def test_the_mark_before_utf_8_is_no_part_of_the_text() -> None:
    assert cut(b"\xef\xbb\xbfid\n\xef\xbb\xbfx\n") == [Line(1, 6, b"id"), Line(2, 11, b"\xef\xbb\xbfx")]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("id,x\n".encode("utf-16"), "is UTF-16"),
        ("id,x\n".encode("utf-16-be"), "is UTF-16"),
        (gzip.compress(b"id,x\n", mtime=0), "is packed with gzip"),
        (b"PK\x03\x04\x14\x00\n", "is a ZIP archive"),
    ],
)
def test_a_file_that_begins_as_no_utf_8_text_does_is_refused_with_the_fix(data: bytes, reason: str) -> None:
    prefix = b"\xfe\xff" if reason == "is UTF-16" and not data.startswith(b"\xff\xfe") else b""
    with pytest.raises(RejectedError, match=rf"{reason}.*give plain UTF-8 text"):
        cut(prefix + data)


@given(st.binary(max_size=5_000), st.integers(1, 700), st.integers(1, 3))
def test_packed_bytes_come_out_as_they_went_in_whatever_the_members(data: bytes, size: int, members: int) -> None:
    step = len(data) // members + 1
    whole = b"".join(gzip.compress(data[start : start + step]) for start in range(0, len(data) or 1, step))
    assert b"".join(unpack(chunks(whole + b"\0" * 9, size), **LIMITS)) == data


@given(st.binary(max_size=300), st.integers(0, 310), st.integers(1, 50))
def test_skipping_leaves_the_rest(data: bytes, count: int, size: int) -> None:
    assert b"".join(skip(chunks(data, size), count)) == data[count:]


def test_a_bomb_is_refused_before_it_has_unpacked() -> None:
    bomb = gzip.compress(b"\0" * 60_000_000)
    came = 0
    with pytest.raises(RejectedError, match="unpacks to more than 250 times its size"):
        for piece in unpack(chunks(bomb, 65_536), **LIMITS):
            came += len(piece)
            assert len(piece) <= 262_144
    assert came < 20_000_000


def test_a_bomb_in_a_bomb_opens_once_only() -> None:
    inner = gzip.compress(b"\0" * 60_000_000)
    assert b"".join(unpack(chunks(gzip.compress(inner), 65_536), **LIMITS)) == inner


def test_a_large_file_is_refused_by_its_size_unpacked() -> None:
    noise = b"".join(hashlib.sha256(bytes([number])).digest() for number in range(256)) * 5
    with pytest.raises(RejectedError, match="unpacks to more than 30000 bytes"):
        list(unpack(chunks(gzip.compress(noise), 65_536), most_bytes=30_000, most_ratio=250))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"id,x\n1,2\n", "is not gzip, or is damaged"),
        (gzip.compress(b"id,x\n" * 99, mtime=0)[:-9], "ends in the middle"),
        (gzip.compress(b"id,x\n" * 99, mtime=0)[:-8] + bytes(8), "is not gzip, or is damaged"),
        (zlib.compress(b"id,x\n"), "is not gzip, or is damaged"),
    ],
)
def test_what_is_not_whole_gzip_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(RejectedError, match=reason):
        list(unpack(chunks(data, 50), **LIMITS))


def test_nothing_packed_is_nothing() -> None:
    assert list(unpack([], **LIMITS)) == []
