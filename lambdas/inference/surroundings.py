"""A request's events with what is looked up of them, read while their state is read; in time, or not at all."""

from collections.abc import Sequence
from concurrent.futures import Executor, Future
from typing import NamedTuple

from headrace.errors import HeadraceError
from headrace.lookups import wanted
from lambdas.shared.looked_up import Event, LookingUp


class Filled(NamedTuple):
    """Events as far as they could be filled; ``poorer`` says of each whether it lacks what could not be read."""

    events: Sequence[Event]
    poorer: Sequence[bool]


class Surroundings:
    """Fills events beside whoever asked."""

    def __init__(self, lookups: LookingUp, *, executor: Executor, patience_s: float) -> None:
        """Make it.

        Args:
            lookups: fills events, within its client's own limits.
            executor: one for this alone: a reading that takes too long keeps its thread until its calls end.
            patience_s: the longest that whoever asked waits, once all else is there.
        """
        self._lookups, self._executor, self._patience_s = lookups, executor, patience_s

    def begin(self, events: Sequence[Event]) -> "Future[list[Event]] | None":
        """Begin to read, unless the events bring everything."""
        if not any(wanted(self._lookups.usecase, it) for it in events):
            return None
        return self._executor.submit(self._lookups.filled, events)

    def end(self, begun: "Future[list[Event]] | None", events: Sequence[Event]) -> Filled:
        """The events, filled if that was possible in time. Never raises for a dependency."""
        if begun is None:
            return Filled(events, [False] * len(events))
        try:
            return Filled(begun.result(self._patience_s), [False] * len(events))
        except (HeadraceError, TimeoutError):
            begun.cancel()
            return Filled(events, [bool(wanted(self._lookups.usecase, it)) for it in events])
