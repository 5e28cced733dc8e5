"""The scalar kernel fed as a stream feeds it: every record in time, every vector just before its event is folded."""

from collections.abc import Iterable, Mapping
from typing import Any

from headrace.features import FeatureSet, Vector
from headrace.schema import LabelRecord
from headrace.usecase import UseCase

Row = Mapping[str, Any]


class StreamTwin:
    """Window states per entity, key and source."""

    def __init__(self, usecase: UseCase) -> None:
        self._features, self._usecase, self._states = FeatureSet(usecase), usecase, {}

    def vectors(self, events: Iterable[Row], labels: Iterable[Row]) -> dict[str, Vector]:
        """The vector of every event, by its id; labels come first in their second."""
        timeline = [(it["labelled_at"], "", it) for it in labels] + [
            (it["timestamp"], it["event_id"], it) for it in events
        ]
        found = {}
        for _, event_id, row in sorted(timeline, key=lambda it: it[:2]):
            if event_id:
                found[event_id] = self._features.vector(row, self._held(row), folded=False)
                self._features.fold_event(row, self._own(row, "events"))
            else:
                self._features.fold_label(self._record(row), self._own(row, "labels"))
        return found

    def _own(self, row: Row, source: str) -> dict[str, Any]:
        return {name: self._state(name, row, source) for name in self._features.entities(source)}

    def _held(self, row: Row) -> dict[str, list[Any]]:
        names = [it.name for it in self._usecase.entities]
        return {
            name: [
                self._state(name, row, source)
                for source in ("events", "labels")
                if name in self._features.entities(source)
            ]
            for name in names
        }

    def _state(self, name: str, row: Row, source: str) -> Any:
        place = (name, row[self._usecase.entity(name).key], source)
        if place not in self._states:
            self._states[place] = self._features.new_state(name, source)
        return self._states[place]

    def _record(self, row: Row) -> LabelRecord:
        keys = {it.name: row[it.key] for it in self._usecase.entities}
        value = row[self._usecase.label.field]
        return LabelRecord(row["event_id"], row["timestamp"], keys, value, row["labelled_at"])
