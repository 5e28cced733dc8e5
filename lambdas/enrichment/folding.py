"""A batch of events folded into its states, in shard order, each event valued as of its own place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from headrace.errors import StateError
from headrace.features import FeatureSet, Vector
from headrace.schema import Value
from headrace.windows import EventState, State
from lambdas.shared.stream import Record
from lambdas.shared.window_state import EntityKey, OwnItem, OwnItems, Stored, decode_states, source_of


@dataclass(frozen=True, slots=True)
class Accepted:
    """A record that holds a valid event."""

    record: Record
    event: Mapping[str, Value]
    keys: Mapping[str, EntityKey]
    """By entity name."""

    @property
    def mark(self) -> str:
        """The record's mark."""
        return self.record.mark


@dataclass(slots=True)
class Folded:
    """A batch, or its beginning, folded into its states; ``vectors`` are those that no earlier attempt has logged."""

    own: OwnItems
    vectors: list[tuple[Accepted, Vector]] = field(default_factory=list)
    damaged_from: str | None = None
    problem: str | None = None


def fold(accepted: Sequence[Accepted], stored: Stored, features: FeatureSet) -> Folded:
    """Fold events, each valued by what came before it and itself. Stops at a state that cannot be read.

    Args:
        accepted: records of one shard, in its order; may be none.
        stored: everything that is stored of their entities.
        features: the features to fold and value by.

    Returns:
        The shard's items with the events folded in, and the vectors of events that no stored item holds yet.
    """
    source = source_of("events", accepted[0].record.shard_id) if accepted else ""
    mine = {key: state for key, states in stored.items() for state in states if state.source == source}
    folded = Folded(OwnItems(source=source, stored=mine, layout=lambda entity: features.layout(entity, "events")))
    foreign: dict[EntityKey, list[State]] = {}
    folding = features.entities("events")
    for it in accepted:
        try:
            for key in it.keys.values():
                if key not in foreign:
                    others = [state for state in stored.get(key, ()) if state.source != source]
                    foreign[key] = decode_states(features, key, others)
            own = {name: folded.own.item(it.keys[name]) for name in folding}
        except StateError as exc:
            folded.damaged_from, folded.problem = it.mark, str(exc)
            break
        logged = any(item.holds(it.record) for item in own.values())
        _fold_one(it, own, features)
        if not logged:
            states = {name: [*foreign[key], *_own_state(own, name)] for name, key in it.keys.items()}
            folded.vectors.append((it, features.vector(it.event, states, folded=True)))
    return folded


def _fold_one(it: Accepted, own: Mapping[str, OwnItem], features: FeatureSet) -> None:
    behind = {name: item for name, item in own.items() if not item.holds(it.record)}
    features.fold_event(it.event, {name: cast(EventState, item.state) for name, item in behind.items()})
    for item in behind.values():
        item.advance(it.record)


def _own_state(own: Mapping[str, OwnItem], entity: str) -> list[State]:
    return [own[entity].state] if entity in own else []
