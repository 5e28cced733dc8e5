"""What stored state does not hold of new features, and therefore has to be rebuilt from the lake."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as default

from headrace.evolution.record import Record
from headrace.usecase import Field, Source, UseCase, WindowFeature
from headrace.windows.aggregates import Column, columns_of
from headrace.windows.compiling import retention_s
from headrace.windows.upgrade import succeeds

Place = tuple[str, Source, int]
"""Entity, source and, of events, resolution in seconds: what is kept together."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A feature that stored state cannot answer yet: whose state, and what it lacks."""

    feature: str
    entity: str
    source: Source
    missing: str


@dataclass(slots=True)
class _Kept:
    """What is kept in one place, and how far back. Labels are kept one by one, whatever windows do with them."""

    columns: set[Column] = default(default_factory=set)
    held_s: int = 0


def gaps(before: Record | None, usecase: UseCase) -> tuple[Gap, ...]:
    """The features that stored state cannot answer until it is rebuilt; every other feature is exact at any moment.

    Args:
        before: what was deployed; None if nothing was, and then there is no state.
        usecase: what is to be deployed.

    Returns:
        One gap per such feature, in vector order.
    """
    if before is None:
        return ()
    deployed = [it for feature in before.features if (it := feature.window) is not None]
    kept = _tracks(deployed, {name: _field(name, told) for name, told in before.fields.items()})
    fields = {it.name: it for it in usecase.event.fields}
    found = ((it, _missing(it, kept.get(_place(it)), fields)) for it in usecase.window_features)
    return tuple(Gap(it.name, it.entity, it.source, missing) for it, missing in found if missing)


def _place(feature: WindowFeature) -> Place:
    return feature.entity, feature.source, 0 if feature.source == "labels" else feature.resolution_s


def _tracks(features: Iterable[WindowFeature], fields: Mapping[str, Field]) -> dict[Place, _Kept]:
    tracks: dict[Place, _Kept] = {}
    for it in features:
        track = tracks.setdefault(_place(it), _Kept())
        track.columns.update(columns_of(it.function, it.over, fields.get(it.over or "")))
        track.held_s = max(track.held_s, retention_s(it.resolution_s, it.length_s + it.delay_s))
    return tracks


def _missing(feature: WindowFeature, kept: _Kept | None, fields: Mapping[str, Field]) -> str:
    if kept is None:
        return "labels" if feature.source == "labels" else f"buckets of {feature.resolution_s} s"
    needed = columns_of(feature.function, feature.over, fields.get(feature.over or ""))
    lacking = [] if feature.source == "labels" else [it for it in needed if not _held(it, kept)]
    parts = [_name(it) for it in lacking]
    if feature.length_s + feature.delay_s > kept.held_s:
        parts.append(f"what is older than {kept.held_s} s")
    return ", ".join(parts)


def _held(column: Column, kept: _Kept) -> bool:
    """Whether stored columns hold a column. Every track counts its events."""
    return column == Column("count") or any(succeeds(column, it) for it in kept.columns)


def _name(column: Column) -> str:
    return f"{column.kind} of {column.field or 'events'}"


def _field(name: str, told: Mapping[str, object]) -> Field:
    allowed = told.get("allowed", ())  # of a record a list, as JSON has it
    arguments = {**told, "allowed": tuple(allowed) if isinstance(allowed, list) else allowed}
    return Field(name=name, **arguments)  # type: ignore[arg-type]  # a record's fields hold arguments of Field
