"""Histories at random: events, copies of them, their labels and corrections, and how they come in."""

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st
from usecase_cases import CHANNELS

START = 1_700_000_000 - 150
Row = dict[str, object]
_AMOUNTS = st.sampled_from([0.0, 0.1, 0.3, 1.0, 7.5, 19.99, 250.0, 123_456.78]) | st.floats(0, 1e6)
_EVENTS = st.fixed_dictionaries(
    {
        "event_id": st.text("ab01\u00e9\U0001f600", min_size=1, max_size=3),
        "timestamp": st.integers(START, START + 200),
        "customer_id": st.sampled_from(["c", "c", "d"]),
        "shop_id": st.sampled_from(["s", "t"]),
        "amount": _AMOUNTS,
        "tip": st.none() | _AMOUNTS | st.floats(-100, 100),
        "items": st.none() | st.integers(-3, 3) | st.just(1 << 40),
        "online": st.none() | st.booleans(),
        "city": st.sampled_from([None, "Rome", "Oslo", "Köln", ""]),
        "channel": st.sampled_from(CHANNELS),
        "due": st.none() | st.integers(START, START + 3),
    }
)


@dataclass(frozen=True)
class Arrival:
    """An event or a label, the shard that brings it, and whether it is a copy of an event that came before."""

    row: Row
    shard: int
    copy: bool = False

    @property
    def is_label(self) -> bool:
        """Whether it is a label."""
        return "returned" in self.row

    @property
    def moment(self) -> tuple[int, bool, str]:
        """When it comes if nothing is late: labels before the events of the same second, events in their order."""
        label = self.is_label
        return (self.row["labelled_at"] if label else self.row["timestamp"], not label, self.row["event_id"])


@dataclass(frozen=True)
class History:
    """Everything that arrives, in order of time."""

    arrivals: tuple[Arrival, ...]

    @property
    def events(self) -> list[Row]:
        """Every event, copies too."""
        return [it.row for it in self.arrivals if not it.is_label]

    @property
    def labels(self) -> list[Row]:
        """Every label."""
        return [it.row for it in self.arrivals if it.is_label]


@st.composite
def histories(draw: st.DrawFn, *, maximum: int) -> History:
    """Up to ``maximum`` events, copies not counted, crowded so that seconds and buckets are shared."""
    events = draw(st.lists(_EVENTS, min_size=1, max_size=maximum, unique_by=lambda row: row["event_id"]))
    shards = draw(st.lists(st.integers(0, 2), min_size=len(events), max_size=len(events)))
    arrivals = [Arrival(row, shard) for row, shard in zip(events, shards, strict=True)]
    copied = draw(st.lists(st.sampled_from(arrivals), max_size=2, unique_by=lambda it: it.row["event_id"]))
    copies = [Arrival(it.row, it.shard, copy=True) for it in copied]
    labels = [Arrival(row, draw(st.integers(0, 1))) for row in draw(_labels(events))]
    return History(tuple(sorted([*labels, *arrivals, *copies], key=lambda it: it.moment)))


def _labels(events: Sequence[Row]) -> st.SearchStrategy[list[Row]]:
    """Labels given at any time, often in the very second of another event."""
    given = st.integers(START, START + 300) | st.sampled_from([row["timestamp"] for row in events])
    drawn = st.tuples(st.sampled_from(events), st.integers(0, 1), given)
    return st.lists(drawn, max_size=12).map(lambda all_of: [_label(*it) for it in all_of])


def _label(event: Row, value: int, given: int) -> Row:
    known = {name: event[name] for name in ("event_id", "timestamp", "customer_id", "shop_id")}
    return known | {"returned": value, "labelled_at": max(event["timestamp"], given)}
