"""Packed states: the columns as they lie in memory, and a checksum.

    version u8 | fingerprint of the layout, 4 bytes | ids | columns | CRC-32 of all before, u32

Event states begin with their ids: length u32, then text separated by NUL. A column is a type code, whether all its
bytes are equal (then one is stored), its length u32, and the numbers. Columns are copied, not converted; deflating them
took 15 times as long to save a quarter.
"""

import struct
import zlib
from array import array

from headrace.errors import StateError
from headrace.windows.columns import Numbers
from headrace.windows.event_state import EventState
from headrace.windows.label_state import LabelState
from headrace.windows.layout import Layout
from headrace.windows.merging import State

VERSION = 1
_HEAD = struct.Struct("<B4s")
_COLUMN = struct.Struct("<B?I")
_LENGTH = struct.Struct("<I")
_SEPARATOR = "\0"


def encode(state: State) -> bytes:
    """Pack a state.

    Raises:
        StateError: if an id holds a NUL or a lone surrogate.
    """
    parts = [_HEAD.pack(VERSION, state.layout.fingerprint)]
    if isinstance(state, EventState):
        ids = _packed_ids(state.ids)
        parts += (_LENGTH.pack(len(ids)), ids)
        for track in state.tracks:
            parts.append(_LENGTH.pack(track.width_s))
            _pack(parts, track.times)
            for column in track.columns:
                _pack(parts, column)
    else:
        for column in (state.times, state.ids, state.labelled, state.values):
            _pack(parts, column)
    packed = b"".join(parts)
    return packed + _LENGTH.pack(zlib.crc32(packed))


def decode(data: bytes, layout: Layout) -> State:
    """Unpack a state of a known layout.

    Raises:
        StateError: if the bytes are damaged, of another version, or of another layout.
    """
    end = len(data) - _LENGTH.size
    if end < _HEAD.size or _LENGTH.unpack_from(data, end)[0] != zlib.crc32(data[:end]):
        raise StateError("the packed state is damaged: its checksum does not hold")
    version, fingerprint = _HEAD.unpack_from(data)
    if version != VERSION:
        raise StateError(f"the packed state has version {version}, this code reads {VERSION}")
    if fingerprint != layout.fingerprint:
        raise StateError(f"the packed state has another layout than {layout.entity}/{layout.source}: rebuild it")
    # From here on the bytes are what this version wrote.
    if layout.source == "events":
        return _unpack_events(data, layout)
    state, at = LabelState(layout), _HEAD.size
    state.times, at = _unpack(data, at)
    state.ids, at = _unpack(data, at)
    state.labelled, at = _unpack(data, at)
    state.values, _ = _unpack(data, at)
    return state


def _unpack_events(data: bytes, layout: Layout) -> EventState:
    state, at = EventState(layout), _HEAD.size + _LENGTH.size
    after = at + _LENGTH.unpack_from(data, _HEAD.size)[0]
    ids, at = data[at:after].decode(), after
    for track in state.tracks:
        track.width_s = _LENGTH.unpack_from(data, at)[0]
        track.times, at = _unpack(data, at + _LENGTH.size)
        for number in range(len(track.columns)):
            track.columns[number], at = _unpack(data, at)
    if state.tracks and state.tracks[0].times:
        state.ids = ids.split(_SEPARATOR)
    return state


def _packed_ids(ids: list[str]) -> bytes:
    try:
        packed = _SEPARATOR.join(ids).encode()
    except UnicodeEncodeError as exc:
        raise StateError("the state cannot be packed: an event id has half of a surrogate pair") from exc
    if packed.count(0) >= max(1, len(ids)):
        raise StateError("the state cannot be packed: an event id holds a NUL")
    return packed


def _pack(parts: list[bytes], numbers: Numbers) -> None:
    packed = numbers.tobytes()
    equal = packed.count(packed[:1]) == len(packed) > 1
    parts += (_COLUMN.pack(ord(numbers.typecode), equal, len(packed)), packed[:1] if equal else packed)


def _unpack(data: bytes, at: int) -> tuple[Numbers, int]:
    kind, equal, length = _COLUMN.unpack_from(data, at)
    at += _COLUMN.size
    after = at + (1 if equal else length)
    packed = data[at:after]
    return array(chr(kind), packed * length if equal else packed), after
