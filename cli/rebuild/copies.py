"""Which events the stream dropped as copies, where a use case asks for that: found as the stream found them.

An event is a copy if its id is among the newest that any shard has of its primary entity. That depends on times and
ids only, so states that count nothing but events tell.
"""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from cli.rebuild.rows import BACKFILL, MARK, SHARD
from headrace.usecase import UseCase
from headrace.windows import EventState, Layout, compile_layout
from headrace.windows.aggregates import Column
from headrace.windows.layout import Track
from lambdas.shared.stream import NO_MARK

_AT_ONCE = 65_536


class Copies:
    """The copies among events, which must be shown every event in the order of the stream."""

    def __init__(self, usecase: UseCase, table: pa.Table) -> None:
        """Look at the lake's events.

        Args:
            usecase: whose events.
            table: as ``rebuild_rows.event_table`` gives them.
        """
        shape = usecase.event
        self._id, self._timestamp, self._key = shape.id, shape.timestamp, usecase.primary.key
        own = compile_layout(usecase, usecase.primary.name, "events")
        counting = (Track(1, 1, (Column("count"),)),) if own.tracks else ()  # no state, no memory of ids
        self._layout = Layout(usecase.primary.name, "events", counting, own.newest)
        self._states: dict[str, dict[str, EventState]] = {}
        self._seen_to: dict[str, str] = {}
        self._dropped: set[tuple[str, str]] = set()
        names = [SHARD, MARK, *dict.fromkeys((self._key, self._timestamp, self._id))]
        order = [(name, "ascending") for name in (MARK, self._timestamp, self._id)]
        rows = table.select(names).take(pc.sort_indices(table, sort_keys=order))
        for batch in rows.to_batches(_AT_ONCE):
            for row in batch.to_pylist():
                self.see(row[SHARD], row[MARK], row)

    def see(self, shard: str, mark: str, event: Mapping[str, Any]) -> None:
        """Look at one event; one that was seen before is passed over."""
        if mark != NO_MARK and mark <= self._seen_to.get(shard, NO_MARK):
            return
        self._seen_to[shard] = mark
        states = self._states.setdefault(event[self._key], {})
        if any(state.contains(event[self._id]) for state in states.values()):
            self._dropped.add((shard, mark))
            return
        own = states.setdefault(shard, EventState(self._layout))
        own.fold(timestamp=event[self._timestamp], event_id=event[self._id], values={})

    def without(self, shard: str, rows: list[Any]) -> list[Any]:
        """The rows that are no copies. Of history the first of each id stays."""
        if shard != BACKFILL:
            return [row for row in rows if (shard, row.mark) not in self._dropped]
        return list({row.record[self._id]: row for row in reversed(rows)}.values())[::-1]
