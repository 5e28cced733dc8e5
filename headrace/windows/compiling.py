"""From a use case to the layouts of its states and the readings of its features."""

from collections.abc import Sequence

from headrace.usecase import Field, Source, UseCase, WindowFeature
from headrace.window_functions import FUNCTIONS
from headrace.windows.aggregates import Column, columns_of
from headrace.windows.layout import (
    MAX_BUCKETS,
    MAX_CELLS,
    MAX_LABELS,
    NEWEST,
    REMEMBERED,
    Aggregate,
    Layout,
    Track,
)

_LATENESS_SHARE = 32


def compile_layout(
    usecase: UseCase,
    entity: str,
    source: Source,
    *,
    newest: int | None = None,
    max_buckets: int = MAX_BUCKETS,
    max_cells: int = MAX_CELLS,
    max_labels: int = MAX_LABELS,
) -> Layout:
    """Compile the layout of one entity's events or labels.

    Args:
        usecase: the use case whose windows are compiled.
        entity: the entity's name.
        source: ``events`` or ``labels``.
        newest: how many newest events are kept one by one; by default as many as the use case needs.
        max_buckets: how many buckets a track holds before it is coarsened.
        max_cells: how many numbers a state holds before a track is coarsened.
        max_labels: how many labels a state holds before the oldest are dropped.

    Raises:
        KeyError: if the use case has no such entity.
    """
    usecase.entity(entity)
    by_resolution: dict[int, list[WindowFeature]] = {}
    for feature in usecase.window_features:
        if feature.entity == entity and feature.source == source:
            by_resolution.setdefault(feature.resolution_s, []).append(feature)
    fields = {it.name: it for it in usecase.event.fields}
    tracks = tuple(_track(resolution, by_resolution[resolution], fields) for resolution in sorted(by_resolution))
    if newest is None:
        asked = usecase.event.drop_duplicates and entity == usecase.primary.name and source == "events"
        newest = REMEMBERED if asked else NEWEST
    return Layout(entity, source, tracks, newest, max_buckets, max_cells, max_labels)


def retention_s(resolution_s: int, reach_s: int) -> int:
    """How long a track is kept whose windows begin up to ``reach_s`` back, in seconds.

    A little longer than that, so that the vector of an event that is late by so much stays exact.
    """
    return reach_s + max(resolution_s, reach_s // _LATENESS_SHARE)


def _track(resolution_s: int, features: Sequence[WindowFeature], fields: dict[str, Field]) -> Track:
    columns: dict[Column, int] = {Column("count"): 0}
    ends: dict[tuple[int, bool], int] = {}
    spans: dict[tuple[int, int, bool], list[Aggregate]] = {}
    for it in features:
        needed = columns_of(it.function, it.over, fields.get(it.over or ""))
        at = [columns.setdefault(column, len(columns)) for column in needed]
        end = ends.setdefault((it.delay_s, it.current), len(ends))
        function = FUNCTIONS[it.function]
        read = function.of_labels if it.source == "labels" else function.reading(*at)
        spans.setdefault((it.length_s + it.delay_s, end, it.current), []).append((it.name, read, it.fill))
    retention = retention_s(resolution_s, max(reach for reach, _, _ in spans))
    compiled = tuple((*place, tuple(group)) for place, group in spans.items())
    heeds_event = any(it.current or FUNCTIONS[it.function].compares for it in features)
    return Track(resolution_s, retention, tuple(columns), tuple(ends), compiled, heeds_event)
