"""One item of window state, made again from its rows as often as it takes to be written between two folds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from cli.rebuild.rows import Row
from headrace import rebuilding
from headrace.errors import StateError
from headrace.features import FeatureSet
from headrace.windows import Layout, State, encode
from lambdas.shared.stream import position_of, revised
from lambdas.shared.window_state import EntityKey, StateWrite, StoredState, unpack

Verdict = Literal["unchanged", "incomplete", "nothing"]
Fetch = Callable[[str], list[Row]]
"""The rows of an item up to a mark, in the order of its shard."""


@dataclass
class Remaking:
    """The state of one entity and source under one sort key, while it is made again.

    A state that lost the race for its item is folded on from where it is, so that the next attempt takes no longer than
    the few records that have come meanwhile.

    Attributes:
        fetch: gives its rows.
        oldest: nothing before this time, in seconds, can be seen by any window that is still to be evaluated.
        expires_at: from the arrival of its last row to when the item may disappear, in epoch seconds.
    """

    features: FeatureSet
    layout: Layout
    key: EntityKey
    source: str
    fetch: Fetch
    oldest: int
    expires_at: Callable[[float], int]
    state: State | None = None
    rows: int = 0

    def attempt(self, stored: StoredState | None, *, until: str) -> StateWrite | Verdict:
        """Make the state again as of what is stored.

        Args:
            stored: the item as it was just read; None if there is none.
            until: a mark up to which the shard has been handled: rows up to it count even if the item is not so far,
                for those are records that never reached it.

        Returns:
            What to write; ``unchanged`` if that is what is stored, ``incomplete`` if rows are missing that the item
            holds, ``nothing`` if there is neither item nor row.
        """
        before = self._before(stored)
        rows = self.fetch(until if stored is None else max(until, position_of(stored.mark)))
        state = self._fold(rows, before)
        if stored is None and (not rows or (state.newest or 0) <= self.oldest):
            return "nothing"
        if not rows or (before is not None and rebuilding.lacks(state, before)):
            return "incomplete"
        data = encode(state)
        if stored is not None and stored.layout is None and stored.data == data:
            return "unchanged"
        return self._write(stored, data, rows)

    def _before(self, stored: StoredState | None) -> State | None:
        if stored is None:
            return None
        try:
            return unpack(stored, self.layout)
        except StateError:  # damaged, or of a layout that nothing describes: there is nothing to compare with
            return None

    def _fold(self, rows: list[Row], before: State | None) -> State:
        """Fold what has come since the last attempt; everything, if that had gone further than the item."""
        if self.state is None or self.rows > len(rows):
            name = self.features.usecase.event.id
            known = {str(it[name]) for row in rows if isinstance(it := row.record, dict)}
            self.state, self.rows = rebuilding.begin(before, self.layout, known=known), 0
        fresh = [row.record for row in rows[self.rows :]]
        rebuilding.fold(self.features, self.state, fresh)  # type: ignore[arg-type]  # all are of one kind
        self.rows = len(rows)
        return self.state

    def _write(self, stored: StoredState | None, data: bytes, rows: list[Row]) -> StateWrite:
        last = rows[-1].mark
        return StateWrite(
            key=self.key,
            source=self.source,
            data=data,
            mark=last if stored is None or last > stored.mark else revised(stored.mark),
            folded=len(rows) if stored is None else stored.folded,
            expires_at=self.expires_at(max(row.arrived_at for row in rows)),
            read_mark=None if stored is None else stored.mark,
            first_mark=last,
        )
