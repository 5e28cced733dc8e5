"""Rows of one entity, and what they come to."""

from window_cases import shop

from headrace.features import FeatureSet
from headrace.usecase import Window
from headrace.windows import LabelState, compile_layout

EVENT = dict.fromkeys(("amount", "tip", "online", "seller", "channel", "items", "gift", "due")) | {
    "event_id": "e",
    "timestamp": 1_000,
    "customer_id": "c",
    "shop_id": "s",
}


def row(number: int, **changes: object) -> dict[str, object]:
    return EVENT | {"event_id": f"e{number:04}", "timestamp": 1_000 + number} | changes


def vector(features: FeatureSet, states: list, event: dict, **how: bool) -> dict:
    return features.vector(event, {"customer": states}, **how)


def label_layout(length: str = "1h", **bounds: int):
    window = Window(entity="shop", function="count", source="labels", lengths=(length,), delay="20s", name="n")
    return compile_layout(shop(window), "shop", "labels", **bounds)


def labelled(layout, times, **label: int) -> LabelState:
    state = LabelState(layout)
    for at in times:
        state.fold(**{"timestamp": at, "event_id": str(at), "value": 1, "labelled_at": at} | label)
    return state
