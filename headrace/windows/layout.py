"""The layout of one entity's state: which columns at which resolution, kept for how long, read by which features.

Compiled once from the use case. Features of one resolution share a track; windows of one length and delay share a span.
"""

import hashlib
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from headrace.usecase import Source, UseCase, WindowFeature
from headrace.windows.aggregates import VALUES, Column, Compute, columns_of

NEWEST = 16
"""How many of an entity's newest events a state keeps one by one, with their ids.

They decide ties within a second, tell what came after an event within its bucket, and let a request see whether its
event is already folded. An id costs its length in every write, and 16 covers more than a request can race with.
"""
MAX_BUCKETS = 4_096
"""The most buckets a track may hold before its resolution is halved."""
_LATENESS_SHARE = 32


class Aggregate(NamedTuple):
    """One feature: how its value is computed and where its columns are in the track."""

    name: str
    compute: Compute
    at: tuple[int, ...]
    fill: float | None


@dataclass(frozen=True, slots=True)
class Span:
    """One length and delay, in seconds, and the features that look at it."""

    length_s: int
    delay_s: int
    aggregates: tuple[Aggregate, ...]


@dataclass(frozen=True, slots=True)
class Track:
    """The columns of one resolution, kept for ``retention_s`` behind the newest event."""

    resolution_s: int
    retention_s: int
    columns: tuple[Column, ...]
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything that a state of one entity and source keeps. Without tracks nothing is kept."""

    entity: str
    source: Source
    tracks: tuple[Track, ...]
    newest: int = NEWEST
    max_buckets: int = MAX_BUCKETS
    fingerprint: bytes = b""

    @property
    def retention_s(self) -> int:
        """How far back the state reaches behind its newest event, in seconds; 0 without tracks."""
        return max((track.retention_s for track in self.tracks), default=0)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields whose values are folded."""
        names = (column.field for track in self.tracks for column in track.columns if column.field is not None)
        return tuple(dict.fromkeys(names))


def compile_layout(
    usecase: UseCase, entity: str, source: Source, *, newest: int = NEWEST, max_buckets: int = MAX_BUCKETS
) -> Layout:
    """Compile the layout of one entity's events or labels.

    Args:
        usecase: the use case whose windows are compiled.
        entity: the entity's name.
        source: ``events`` or ``labels``.
        newest: how many newest events are kept one by one.
        max_buckets: how many buckets a track holds before it is coarsened.

    Raises:
        KeyError: if the use case has no such entity.
    """
    usecase.entity(entity)
    optional = {field.name: not field.required for field in usecase.event.fields}
    by_resolution: dict[int, list[WindowFeature]] = {}
    for feature in usecase.window_features:
        if feature.entity == entity and feature.source == source:
            by_resolution.setdefault(feature.resolution_s, []).append(feature)
    tracks = tuple(_track(resolution, by_resolution[resolution], optional) for resolution in sorted(by_resolution))
    text = repr((sys.byteorder, entity, source, newest, [(t.resolution_s, t.retention_s, t.columns) for t in tracks]))
    fingerprint = hashlib.blake2b(text.encode(), digest_size=4).digest()
    return Layout(entity, source, tracks, newest, max_buckets, fingerprint)


def _track(resolution_s: int, features: Iterable[WindowFeature], optional: Mapping[str, bool]) -> Track:
    columns: dict[Column, int] = {Column("count"): 0}
    spans: dict[tuple[int, int], list[Aggregate]] = {}
    for it in features:
        needed = columns_of(it.function, it.over, optional=optional.get(it.over or "", False))
        at = tuple(columns.setdefault(column, len(columns)) for column in needed)
        spans.setdefault((it.length_s, it.delay_s), []).append(Aggregate(it.name, VALUES[it.function], at, it.fill))
    reach = max(length + delay for length, delay in spans)
    # A little longer than the longest window, so that the vector of an event that is late by that much stays exact.
    retention = reach + max(resolution_s, reach // _LATENESS_SHARE)
    compiled = tuple(Span(length, delay, tuple(group)) for (length, delay), group in spans.items())
    return Track(resolution_s, retention, tuple(columns), compiled)
