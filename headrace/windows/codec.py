"""Packed states: little-endian, fixed-width columns of the narrowest type that holds them, and a checksum.

    version u8 | fingerprint of the layout, 4 bytes | parts | CRC-32 of all before, u32

A part is a type code, whether all its numbers are equal (then one is stored), their count (u32), and the numbers.
Fixed widths are read and written at the speed of memory; deflate took 15 times as long and saved a quarter.
"""

import struct
import zlib
from collections.abc import Sequence

from headrace.errors import StateError
from headrace.windows.event_state import EventState
from headrace.windows.label_state import LabelState
from headrace.windows.layout import Layout
from headrace.windows.merging import State

VERSION = 1
_HEAD = struct.Struct("<B4s")
_PART = struct.Struct("<c?I")
_CHECK = struct.Struct("<I")
_SEPARATOR = "\0"


def encode(state: State) -> bytes:
    """Pack a state.

    Raises:
        StateError: if an id holds a NUL or a lone surrogate, or a number does not fit.
    """
    parts = [_HEAD.pack(VERSION, state.layout.fingerprint)]
    try:
        if isinstance(state, EventState):
            _pack_events(parts, state)
        else:
            for integers in (state.times, state.ids, state.labelled):
                _pack(parts, _narrowest(integers), integers)
            _pack(parts, b"d", state.values)
    except (struct.error, UnicodeEncodeError) as exc:
        raise StateError(f"the state cannot be packed: {exc}") from exc
    packed = b"".join(parts)
    return packed + _CHECK.pack(zlib.crc32(packed))


def decode(data: bytes, layout: Layout) -> State:
    """Unpack a state of a known layout.

    Raises:
        StateError: if the bytes are damaged, of another version, or of another layout.
    """
    end = len(data) - _CHECK.size
    if end < _HEAD.size or _CHECK.unpack_from(data, end)[0] != zlib.crc32(data[:end]):
        raise StateError("the packed state is damaged: its checksum does not hold")
    version, fingerprint = _HEAD.unpack_from(data)
    if version != VERSION:
        raise StateError(f"the packed state has version {version}, this code reads {VERSION}")
    if fingerprint != layout.fingerprint:
        raise StateError(f"the packed state has another layout than {layout.entity}/{layout.source}: rebuild it")
    reader = _Reader(data)
    if layout.source == "events":
        return _read_events(reader, layout)
    state = LabelState(layout)
    state.times, state.ids, state.labelled = reader.integers(), reader.integers(), reader.integers()
    state.values = reader.floats()
    return state


def _pack_events(parts: list[bytes], state: EventState) -> None:
    ids = _SEPARATOR.join(state.ids)
    if ids.count(_SEPARATOR) != max(0, len(state.ids) - 1):
        raise StateError("the state cannot be packed: an event id holds a NUL")
    _pack_bytes(parts, ids.encode())
    for track in state.tracks:
        _pack(parts, b"I", [track.width_s])
        _pack(parts, _narrowest(track.times), track.times)
        for plan, column in zip(track.plan.columns, track.columns, strict=True):
            _pack(parts, _narrowest(column) if plan.kind == "count" else b"d", column)


def _read_events(reader: "_Reader", layout: Layout) -> EventState:
    state = EventState(layout)
    ids = reader.text()
    for track in state.tracks:
        track.width_s = reader.integers()[0]
        track.times = reader.integers()
        track.columns = [
            reader.integers() if plan.kind == "count" else reader.floats()  # type: ignore[misc]  # a list of either
            for plan in track.plan.columns
        ]
    state.ids = ids.split(_SEPARATOR) if state.tracks and state.tracks[0].times else []
    return state


def _narrowest(numbers: Sequence[float]) -> bytes:
    highest = max(numbers, default=0)
    if highest < 1 << 16:
        return b"B" if highest < 1 << 8 else b"H"
    return b"I" if highest < 1 << 32 else b"Q"


def _pack(parts: list[bytes], code: bytes, numbers: Sequence[float]) -> None:
    count = len(numbers)
    constant = count > 1 and numbers.count(numbers[0]) == count
    parts.append(_PART.pack(code, constant, count))
    if constant:
        parts.append(struct.pack(f"<{code.decode()}", numbers[0]))
    else:
        parts.append(struct.pack(f"<{count}{code.decode()}", *numbers))


def _pack_bytes(parts: list[bytes], data: bytes) -> None:
    parts += (_PART.pack(b"s", False, len(data)), data)


class _Reader:
    """Reads parts one after the other. The checksum holds, so the parts are what this version wrote."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = _HEAD.size

    def _part(self) -> list[float]:
        code, constant, count = _PART.unpack_from(self._data, self._at)
        start = self._at + _PART.size
        form = f"<{1 if constant else count}{code.decode()}"
        numbers = struct.unpack_from(form, self._data, start)
        self._at = start + struct.calcsize(form)
        return list(numbers) * count if constant else list(numbers)

    def integers(self) -> list[int]:
        """The next part, written as whole numbers."""
        return self._part()  # type: ignore[return-value]  # the type code says so

    def floats(self) -> list[float]:
        """The next part, written as doubles."""
        return self._part()

    def text(self) -> str:
        """The next part, written as UTF-8."""
        _, _, count = _PART.unpack_from(self._data, self._at)
        start = self._at + _PART.size
        self._at = start + count
        return self._data[start : self._at].decode()
