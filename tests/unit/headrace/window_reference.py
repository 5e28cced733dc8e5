"""The definition of a window, written down as plainly as possible: no state, no order of arrival, exact sums."""

from collections.abc import Iterable, Mapping, Sequence

import pytest
from hypothesis import strategies as st
from window_definition import EventRow, part_or_value, rounded, value

from headrace.usecase import Expression, UseCase

LabelRow = dict[str, object]

AMOUNTS = st.one_of(
    st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 2)),
    st.integers(-1_000_000, 1_000_000).map(float),
    st.just(0.0),
)


def events(
    *, maximum: int = 30, until: int = 150, customers: Sequence[str] = ("c",)
) -> st.SearchStrategy[list[EventRow]]:
    """Events with unique ids, in no order, crowded so that seconds and buckets are shared."""
    event = st.fixed_dictionaries(
        {
            "event_id": st.text("ab01\u00e9\U0001f600", min_size=1, max_size=3),
            "timestamp": st.integers(1_000, 1_000 + until),
            "customer_id": st.sampled_from(customers),
            "shop_id": st.sampled_from(["s", "t"]),
            "amount": AMOUNTS,
            "tip": st.none() | AMOUNTS,
            "online": st.booleans(),
        }
    )
    return st.lists(event, max_size=maximum, unique_by=lambda row: row["event_id"])


def labels(history: Sequence[EventRow], *, within_s: int = 40) -> st.SearchStrategy[list[LabelRow]]:
    """Labels of some of these events, repeated and corrected."""
    if not history:
        return st.just([])
    label = st.fixed_dictionaries(
        {"of": st.sampled_from(history), "returned": st.integers(0, 1), "after": st.integers(0, within_s)}
    )
    return st.lists(label, max_size=25).map(
        lambda drawn: [
            {
                **{name: it["of"][name] for name in ("event_id", "timestamp", "customer_id", "shop_id")},
                "returned": it["returned"],
                "labelled_at": it["of"]["timestamp"] + it["after"],
            }
            for it in drawn
        ]
    )


def in_order(history: Iterable[EventRow]) -> list[EventRow]:
    """By time, then id."""
    return sorted(history, key=lambda row: (row["timestamp"], row["event_id"]))


def last_labels(given: Iterable[LabelRow]) -> list[LabelRow]:
    """The last label of every event; within one second the larger value."""
    kept: dict[object, LabelRow] = {}
    for label in sorted(given, key=lambda row: (row["labelled_at"], row["returned"])):
        kept[label["event_id"]] = label
    return list(kept.values())


def vector(
    usecase: UseCase,
    history: Iterable[EventRow],
    given: Iterable[LabelRow],
    timestamp: int,
    event_id: str,
    *,
    keys: dict[str, str],
    event: EventRow | None = None,
) -> dict[str, float | None]:
    """Every window feature for the entities with these keys, by entity name; of labels those given by then."""
    known = [label for label in given if label["labelled_at"] <= timestamp]
    sources = {"events": list(history), "labels": last_labels(known)}
    fields = {field.name: field for field in usecase.event.fields}
    found = {}
    for feature in usecase.window_features:
        key = usecase.entity(feature.entity).key
        own = [row for row in sources[feature.source] if row[key] == keys[feature.entity]]
        found[feature.name] = value(feature, own, timestamp, event_id, fields=fields, event=event)
    return found


def whole(usecase: UseCase, history: Iterable[EventRow], event: EventRow) -> dict[str, float | None]:
    """The whole vector of an event among a history that holds it; label windows are empty."""
    codes = {it.name: {text: code for code, text in enumerate(it.allowed)} for it in usecase.event.fields}
    inputs = {name: codes[name].get(event[name], event[name]) for name in usecase.inputs}
    features = {name: None if it is None else float(it) for name, it in inputs.items()}
    for part in usecase.calendar:
        features[part] = part_or_value(event, part)
    keys = {it.name: event[it.key] for it in usecase.entities}
    features |= vector(usecase, history, [], event["timestamp"], event["event_id"], keys=keys, event=event)
    for it in usecase.expressions:
        features[it.name] = _expression(it, features)
    return features


def _expression(it: Expression, features: Mapping[str, float | None]) -> float | None:
    of, *against = (features[name] for name in (it.of, *it.against))
    if of is None or None in against:
        return it.fill
    if it.function == "outside":
        return float(rounded(of) < against[0] or rounded(of) > against[1])
    above = of - (0 if it.function == "ratio" else against[0])
    if it.function == "difference":
        return above
    below = against[-1]
    return above / below if below else it.fill


def agree(actual: dict[str, float | None], expected: dict[str, float | None]) -> None:
    """Same features, same missing ones, same numbers to 1e-9 (the sums' terms are at most 1e6)."""
    assert list(actual) == list(expected)
    missing = {name for name, it in actual.items() if it is None}
    assert missing == {name for name, it in expected.items() if it is None}
    for name, it in expected.items():
        if it is not None:
            assert actual[name] == pytest.approx(it, rel=1e-9, abs=1e-6), name
