"""What is stored of one entity, unpacked: the form in which its windows are evaluated."""

from collections.abc import Iterable
from typing import NamedTuple

from headrace.windows.event_state import EventState
from headrace.windows.label_state import LabelState
from headrace.windows.merging import State


class Held(NamedTuple):
    """What is stored of one entity: the states of its events and of its labels, of any number of shards."""

    events: list[EventState]
    labels: list[LabelState]

    @classmethod
    def of(cls, states: Iterable[State]) -> "Held":
        """States of both sources, told apart."""
        events, labels = [], []
        for state in states:
            if isinstance(state, EventState):
                events.append(state)
            else:
                labels.append(state)
        return cls(events, labels)
