"""Packed states: the columns as they lie in memory, behind one head, and a checksum.

    version u8 | fingerprint of the layout, 4 bytes | head | ids | arrays | CRC-32 of all before, u32

The version has its eighth bit set if the state is partial.

The head of an event state is how many ids it has and their length (text separated by NUL) and, per track, the width of
its buckets, how many entries it has, and one byte per array: its times, then one array for a column of numbers, two for
hashes (how many each entry has; the hashes), three for bins (and how often each occurs). The head of a label state is
how many labels there are, when the last was given, one more than the newest second of which any was dropped, and the
bytes of its four arrays.

For arrays and their bytes see ``packed_arrays``. Columns are copied, not converted; deflating them took 15 times as
long to save a quarter.
"""

from array import array
from struct import Struct
from typing import Any
from zlib import crc32

from headrace.errors import StateError
from headrace.windows.columns import Counts
from headrace.windows.event_state import EventState
from headrace.windows.label_state import LabelState
from headrace.windows.layout import Layout, Track
from headrace.windows.merging import State
from headrace.windows.packed_arrays import EQUAL, pack, unpack
from headrace.windows.ragged import BinColumn, HashColumn
from headrace.windows.track_state import TrackState

VERSION = 2
_PARTIAL = 0x80
_PREFIX = 5
_HEAD, _HEAD_OF_TRACK = 4, 3
_LABELS = Struct("<B4sIQQ4s")
_new = object.__new__
_CHECK = Struct("<I")
_WHOLE = 0x2144DF1C
"""The CRC-32 of whatever ends with its own CRC-32."""


def encode(state: State) -> bytes:
    """Pack a state."""
    version = VERSION | _PARTIAL if state.partial else VERSION
    if isinstance(state, EventState):
        parts = [b"", state.packed_ids]
        head: list[int | bytes] = [version, state.layout.fingerprint, state.singles, len(state.packed_ids)]
        for track in state.tracks:
            arrays = [track.times, *track.columns] if track.plan.even else _arrays(track)
            head += (track.width_s, len(track.times), pack(arrays, parts))
        parts[0] = state.layout.head.pack(*head)
    else:
        parts = [b""]
        codes = pack([state.times, state.ids, state.labelled, array("B", state.values)], parts)
        latest = max(state.labelled, default=0)
        parts[0] = _LABELS.pack(version, state.layout.fingerprint, len(state.times), latest, state.dropped + 1, codes)
    packed = b"".join(parts)
    return packed + _CHECK.pack(crc32(packed))


def fingerprint_of(data: bytes) -> bytes:
    """The fingerprint of the layout in which a state is packed; of damaged bytes anything."""
    return data[1:_PREFIX]


def decode(data: bytes, layout: Layout) -> State:
    """Unpack a state of a known layout.

    Raises:
        StateError: if the bytes are damaged, of another version, or of another layout.
    """
    if len(data) < _PREFIX or crc32(data) != _WHOLE:
        raise StateError("the packed state is damaged: its checksum does not hold")
    version = data[0] & ~_PARTIAL
    if version != VERSION:
        raise StateError(f"the packed state has version {version}, this code reads {VERSION}")
    if data[1:_PREFIX] != layout.fingerprint:
        raise StateError(f"the packed state has another layout than {layout.entity}/{layout.source}: rebuild it")
    # From here on the bytes are what this version wrote.
    return _unpack_events(data, layout) if layout.source == "events" else _unpack_labels(data, layout)


def _unpack_events(data: bytes, layout: Layout) -> EventState:
    state = _new(EventState)
    head = layout.head.unpack_from(data)
    ids, at = layout.head.size, layout.head.size + head[3]
    state.layout, state.partial, state.singles = layout, head[0] != VERSION, head[2]
    state.packed_ids, state.tracks, place = data[ids:at], [], _HEAD
    for plan in layout.tracks:
        width_s, entries, codes = head[place : place + _HEAD_OF_TRACK]
        if plan.even:
            arrays, at = unpack(data, at, codes, entries)
            track = _new(TrackState)
            track.plan, track.width_s, track.times, track.columns = plan, width_s, arrays[0], arrays[1:]
        else:
            arrays, at = unpack(data, at, codes, entries, plan.sized_by)
            track = _ragged(plan, width_s, arrays)
        state.tracks.append(track)
        place += _HEAD_OF_TRACK
    return state


def _unpack_labels(data: bytes, layout: Layout) -> LabelState:
    state = _new(LabelState)
    version, _, entries, state.latest, dropped, codes = _LABELS.unpack_from(data)
    (state.times,), _ = unpack(data, _LABELS.size, codes[:1], entries)
    state.packed = data, _LABELS.size, codes, entries
    state.layout, state.partial, state.dropped = layout, version != VERSION, dropped - 1
    end = len(data) - _CHECK.size
    state.values = bytearray(data[end - 1 : end] * entries if codes[-1] & EQUAL else data[end - entries : end])
    return state


def _arrays(track: TrackState) -> list[Counts]:
    """The arrays of a track with ragged columns, in the order of ``Track.sized_by``."""
    arrays: list[Counts] = [track.times]
    for column in track.columns:
        if isinstance(column, BinColumn):
            arrays += (column.sizes, column.cells, column.counts)
        elif isinstance(column, HashColumn):
            arrays += (column.sizes, column.cells)
        else:
            arrays.append(column)
    return arrays


def _ragged(plan: Track, width_s: int, arrays: list[Any]) -> TrackState:
    """A track with ragged columns: the reverse of ``_arrays``."""
    track, rest = TrackState.empty(plan, width_s), iter(arrays)
    track.times = next(rest)
    for number, column in enumerate(track.columns):
        if isinstance(column, BinColumn):
            column.sizes, column.cells, column.counts = next(rest), next(rest), next(rest)
        elif isinstance(column, HashColumn):
            column.sizes, column.cells = next(rest), next(rest)
        else:
            track.columns[number] = next(rest)
    return track
