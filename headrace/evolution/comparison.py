"""A use case against the record of what was deployed: what is new, gone and changed, and whether that may be."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from headrace.errors import UseCaseError
from headrace.evolution.record import Group, Record, RecordedFeature, record_of
from headrace.usecase import UseCase
from headrace.window_functions import FUNCTIONS


@dataclass(frozen=True, slots=True)
class Retyped:
    """A feature that kept its name and changed its meaning: per changed part what was deployed and what is written."""

    name: str
    changes: Mapping[str, tuple[object, object]]

    def __str__(self) -> str:
        return ", ".join(f"{part} {before!r} became {after!r}" for part, (before, after) in self.changes.items())


@dataclass(frozen=True, kw_only=True)
class Evolution:
    """What a deployment would change.

    ``before`` is None if nothing is recorded. ``after`` is what to record once ``refusals`` is empty.
    """

    before: Record | None
    after: Record
    added: tuple[str, ...]
    removed: tuple[str, ...]
    retyped: tuple[Retyped, ...]
    refusals: tuple[UseCaseError, ...]

    @property
    def raised(self) -> bool:
        """Whether the version is higher than the recorded one, which begins new feature groups."""
        return self.before is not None and self.after.version > self.before.version

    @property
    def recorded(self) -> bool:
        """Whether the record already says all this."""
        return self.before == self.after

    def require_allowed(self) -> None:
        """Raise the first refusal, if there is one.

        Raises:
            UseCaseError: naming the feature and the way out.
        """
        for refusal in self.refusals:
            raise refusal


def compare(record: Record | None, usecase: UseCase) -> Evolution:
    """Compare a use case with its record."""
    now = record_of(usecase)
    if record is None:
        return Evolution(before=None, after=now, added=now.names(), removed=(), retyped=(), refusals=())
    deployed, current = _by_name(record), _by_name(now)
    added = tuple(name for name in current if name not in deployed)
    removed = tuple(name for name in deployed if name not in current)
    retyped = tuple(
        Retyped(name, changes)
        for name, feature in current.items()
        if name in deployed and (changes := _changes(deployed[name], feature))
    )
    after = replace(
        now,
        entities={**record.entities, **now.entities},
        fields={**record.fields, **{name: {**record.fields.get(name, {}), **it} for name, it in now.fields.items()}},
        features=_ordered(record, now),
        kept=record.kept,
    )
    if now.version > record.version:
        deployed_so_far = Group(record.version, record.entities, record.features)
        after = replace(after, features=now.features, kept=(*record.kept, deployed_so_far))
    refusals = [*_never(record, now)]
    if now.version <= record.version:
        refusals += _under_this_version(record, now, removed, retyped)
    return Evolution(
        before=record, after=after, added=added, removed=removed, retyped=retyped, refusals=tuple(refusals)
    )


def require_recorded(record: Record, usecase: UseCase) -> None:
    """Refuse to deploy features that the record does not hold, so that the next change is compared with the truth.

    Raises:
        UseCaseError: naming the feature and what to do.
    """
    evolution = compare(record, usecase)
    evolution.require_allowed()
    if not evolution.recorded:
        what = f"features[{evolution.added[0]}]" if evolution.added else "version" if evolution.raised else "features"
        raise UseCaseError(
            what,
            "is not in the record of deployed features",
            f"run `headrace evolve {usecase.name}` and commit what it writes",
        )


def _by_name(record: Record) -> dict[str, RecordedFeature]:
    return {feature.name: feature for feature in record.features}


def _changes(before: RecordedFeature, after: RecordedFeature) -> dict[str, tuple[object, object]]:
    old, new = before.as_json(), after.as_json()
    return {part: (old.get(part), new.get(part)) for part in {**old, **new} if old.get(part) != new.get(part)}


def _ordered(record: Record, now: Record) -> tuple[RecordedFeature, ...]:
    """The features of now: first those that were deployed, in that order, because feature groups only grow."""
    current = _by_name(now)
    order = [name for name in record.names() if name in current]
    return tuple(current[name] for name in dict.fromkeys([*order, *current]))


def _never(record: Record, now: Record) -> Iterator[UseCaseError]:
    """What no version allows: state and lake are read on, and would be read as something they are not."""
    for name, key in now.entities.items():
        if record.entities.get(name, key) != key:
            yield UseCaseError(
                f"entities[{name}].key",
                f"was {record.entities[name]!r}, and stored state is of those keys",
                "give the entity with the other key another name",
            )
    for name, field in now.fields.items():
        known = record.fields.get(name, field)
        if known["type"] != field["type"]:
            yield UseCaseError(
                f"fields[{name}].type",
                f"was {known['type']!r}, and the lake holds it so",
                "give the field of the other type another name",
            )
        if field["required"] and not known["required"]:
            yield UseCaseError(
                f"fields[{name}].required", "was False, and stored state has events without it", "leave it optional"
            )
        texts, allowed = _texts(known), _texts(field)
        if texts and allowed and allowed[: len(texts)] != texts:
            yield UseCaseError(
                f"fields[{name}].allowed",
                "changes the numbers that stand for its texts",
                f"begin with {', '.join(texts)}, in this order, and append what is new",
            )
    if record.label != now.label:
        yield UseCaseError(
            "label.field",
            f"was {record.label!r}, and stored labels say that",
            "make another truth another use case",
        )


def _texts(field: Mapping[str, object]) -> list[str]:
    allowed = field.get("allowed", [])
    return [str(it) for it in allowed] if isinstance(allowed, list) else []


def _under_this_version(
    record: Record, now: Record, removed: tuple[str, ...], retyped: tuple[Retyped, ...]
) -> Iterator[UseCaseError]:
    if now.version < record.version:
        yield UseCaseError("version", f"was {record.version} when it was deployed", "count up, never down")
        return
    higher = now.version + 1
    way_out = (
        f"raise UseCase.version to {higher}: new feature groups `...-v{higher}`, the state is upgraded in place and "
        "rebuilt from the lake, the old groups stay until no model reads them"
    )
    for name in removed:
        yield UseCaseError(f"features[{name}]", "was deployed and is gone", f"put it back, or {way_out}")
    for name in _counted_otherwise(record, now):
        yield UseCaseError(
            f"fields[{name}].required",
            "was True, and state counts its values by the events",
            f"leave it required, or {way_out}",
        )
    for it in retyped:
        yield UseCaseError(
            f"features[{it.name}]",
            f"was deployed with another meaning ({it})",
            f"give the new one another name, or {way_out}",
        )


def _counted_otherwise(record: Record, now: Record) -> Iterator[str]:
    """Fields that became optional though means of them are kept: what they divide by was not counted so far."""
    windows = [window for feature in record.features if (window := feature.window)]
    divided = {it.over for it in windows if it.source == "events" and "count" in FUNCTIONS[it.function].keeps}
    for name, field in now.fields.items():
        if record.fields.get(name, field)["required"] and not field["required"] and name in divided:
            yield name
