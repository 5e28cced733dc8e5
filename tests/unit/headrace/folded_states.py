"""States of a few events and labels, and the values they give."""

from window_cases import USECASE

from headrace.features import FeatureSet
from headrace.windows import EventState, LabelState, State, evaluate

FEATURES = FeatureSet(USECASE, newest=3)
EVENTS = FEATURES.layout("customer", "events")
LABELS = FEATURES.layout("customer", "labels")
LAST = {"timestamp": 1_160, "event_id": "\U0010ffff"}


def event_state(history: list[dict], layout=EVENTS) -> EventState:
    state = EventState(layout)
    for row in history:
        state.fold(timestamp=row["timestamp"], event_id=row["event_id"], values=row)
    return state


def label_state(given_labels: list[dict], layout=LABELS) -> LabelState:
    state = LabelState(layout)
    for row in given_labels:
        state.fold(
            timestamp=row["timestamp"],
            event_id=row["event_id"],
            value=row["returned"],
            labelled_at=row["labelled_at"],
        )
    return state


def values(*states: State) -> dict:
    return evaluate(states[0].layout, states, **LAST)
