"""A batch of events folded into its states, in shard order, each event valued as of its own place.

The work goes entity by entity through the whole batch, not event by event: a loop that does one thing runs nearly
twice as fast. Within an entity the order is that of the shard, and no entity's state depends on another's.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias, cast

from headrace.features import FeatureSet, Vector
from headrace.windows import EventState
from headrace.windows.evaluation import evaluate_and_fold, evaluate_labels
from lambdas.enrichment.parts import Accepted, Opening, Part, open_all
from lambdas.shared.window_state import EntityKey, OwnItems, Stored, source_of

_Step: TypeAlias = tuple[int, Accepted, tuple[int, str], "Vector | None"]
"""One event on its way: its number in the batch, itself, its time and id, and its vector, None if that is out."""


class Snapshot(NamedTuple):
    """The window features of one entity as of its first event in a period; missing ones are left out."""

    key: EntityKey
    timestamp: int
    values: Mapping[str, float]
    mark: str
    """The mark of that event."""


class Cadence(NamedTuple):
    """Where an entity stands in the use case, how often its features are put into the Feature Store, and which."""

    place: int
    period_s: int
    names: tuple[str, ...]


class Folded:
    """A batch, or its beginning, folded into its states; vectors and snapshots are those that may not be out yet."""

    def __init__(self, own: OwnItems) -> None:
        self.own = own
        self.vectors: list[tuple[Accepted, Vector]] = []
        self.snapshots: list[Snapshot] = []
        self.duplicates = 0
        self.damaged_from: str | None = None
        self.problem: str | None = None


class Folding:
    """How the events of one use case are folded; compiled once per process."""

    def __init__(self, features: FeatureSet) -> None:
        usecase = features.usecase
        self._features = features
        names = [entity.name for entity in usecase.entities]
        self._openings = [Opening(features, it.name, period_s=it.snapshot_s) for it in usecase.entities]
        self._stateful, self._labelled = (
            {names.index(name) for name in features.entities(source)} for source in ("events", "labels")
        )
        self._drops_duplicates = usecase.event.drop_duplicates and 0 in self._stateful
        self._cadences = [
            Cadence(
                place, entity.snapshot_s, tuple(it.name for it in usecase.window_features if it.entity == entity.name)
            )
            for place, entity in enumerate(usecase.entities)
            if entity.snapshot_s is not None
        ]

    def fold(self, accepted: Sequence[Accepted], stored: Stored) -> Folded:
        """Fold events, each valued by what came before it and itself. Stops at a state that cannot be read.

        Args:
            accepted: records of one shard, in its order; may be none.
            stored: everything that is stored of their entities.

        Returns:
            The shard's items with the events folded in, and the vectors and snapshots of events that no stored item
            holds yet.
        """
        source = source_of("events", accepted[0].record.shard_id) if accepted else ""
        folded = Folded(OwnItems(source=source, stored={}, layout=lambda name: self._features.layout(name, "events")))
        columns, readable, folded.problem = open_all(self._openings, accepted, stored, folded.own)
        if folded.problem is not None:
            folded.damaged_from = accepted[readable].mark
        steps = self._begin(accepted[:readable], columns)
        if self._drops_duplicates:
            steps = self._fold_first_copies(columns[0], steps, folded)
        for place, column in enumerate(columns):
            if place in self._stateful and (place or not self._drops_duplicates):
                self._fold_events(column, steps)
            if place in self._labelled:
                self._evaluate_labels(column, steps)
        self._finish(steps, columns, folded)
        return folded

    def _begin(self, accepted: Sequence[Accepted], columns: Sequence[Sequence[Part]]) -> list[_Step]:
        """An item that holds an event proves that its vector and its snapshots are out."""
        begin, place, steps = self._features.begin, self._features.place, []
        for number, it in enumerate(accepted):
            vector: Vector | None = begin(it.event)
            mark = it.mark
            for column in columns:
                item = column[number].item
                if item is not None and item.mark >= mark:
                    vector = None
            steps.append((number, it, place(it.event), vector))
        return steps

    def _evaluate_labels(self, column: Sequence[Part], steps: Sequence[_Step]) -> None:
        """Value every event for the labels of one of its entities."""
        for number, _, (timestamp, _), vector in steps:
            if vector is not None:
                evaluate_labels(column[number].labels, timestamp, vector)

    def _fold_events(self, column: Sequence[Part], steps: Sequence[_Step]) -> None:
        """Value every event for the events of one of its entities, then fold it into that entity's item."""
        for number, it, place, vector in steps:
            part, mark = column[number], it.mark
            item = part.item
            if item is None or item.mark >= mark:
                continue  # it is folded already, so its vector is out
            if vector is not None:
                evaluate_and_fold(part.events, place, it.event, vector)
            else:
                cast(EventState, item.state).add(*place, it.event)
            item.advance(mark)

    def _fold_first_copies(self, column: Sequence[Part], steps: Sequence[_Step], folded: Folded) -> list[_Step]:
        """Fold what the primary entity does not remember, and leave the other copies out."""
        first = []
        for step in steps:
            number, it, (_, event_id), _ = step
            if column[number].holds(it.mark):
                continue  # it is written last: whatever else the event touched holds it as well
            if column[number].remembers(event_id):
                folded.duplicates += 1
                continue
            self._fold_events(column, [step])
            first.append(step)
        return first

    def _finish(self, steps: Sequence[_Step], columns: Sequence[Sequence[Part]], folded: Folded) -> None:
        """Complete the vectors, and take a snapshot of every entity whose first event in a period has come."""
        for number, it, (timestamp, _), vector in steps:
            if vector is not None:
                self._features.finish(vector)
                folded.vectors.append((it, vector))
            for cadence in self._cadences:
                part, period = columns[cadence.place][number], timestamp // cadence.period_s
                if period > part.period:
                    part.period = period
                    if vector is not None:
                        folded.snapshots.append(_snapshot(it, cadence, timestamp, vector))


def _snapshot(it: Accepted, cadence: Cadence, timestamp: int, vector: Vector) -> Snapshot:
    values = {name: value for name in cadence.names if (value := vector[name]) is not None}
    return Snapshot(it.keys[cadence.place], timestamp, values, it.mark)
