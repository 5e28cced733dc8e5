"""Labels late, corrected, contradictory, twice, out of order, by stream and by file: everybody ends with one truth.

Window state, the monitor's ground-truth files and the training set's target are three ways to the same label of an
event. Whatever way the labels came, and however often a function crashed meanwhile, the three agree with each other and
with the greatest of all versions that were ever given.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from inbox_fakes import GIVEN, HEADER, csv_file, json_file, packed, world
from lambda_fakes import FakeStore, FakeTable, Faults
from shard_records import START, event_source_mapping, label, record

from headrace.features import FeatureSet
from headrace.ground_truth import read_truths
from headrace.windows import LabelState
from headrace.windows.label_state import id_hash
from headrace.windows_columnar import labelled
from lambdas.ground_truth.logic import GroundTruth, collect
from lambdas.shared.window_state import decode_states
from usecases import load

FEATURES = FeatureSet(load("fraud"))
DAY = 86_400
EVENTS = 6
SHARDS = ("shardId-000000000000", "shardId-000000000001")
KNOWN = {f"e{number:06}" for number in range(EVENTS) if number != 3}
"""Event 3 never came."""


@dataclass(frozen=True)
class Version:
    """One label of one event. Without ``after_s`` it does not say when it was given, which takes a file."""

    event: int
    value: int
    after_s: int | None
    moved_s: int = 0

    @property
    def raw(self) -> dict[str, object]:
        """As JSON has it."""
        at = START - self.event * DAY + self.moved_s
        found = label(self.event, at=at, customer=f"c{self.event % 3}", terminal=f"t{self.event % 2}", fraud=self.value)
        given = {} if self.after_s is None else {"labelled_at": START + self.after_s}
        return {name: value for name, value in found.items() if name != "labelled_at"} | given

    @property
    def rank(self) -> tuple[int, int, int]:
        """What decides between versions."""
        raw = self.raw
        return int(str(raw.get("labelled_at", GIVEN))), int(str(raw["timestamp"])), self.value


@dataclass(frozen=True)
class Delivery:
    """Labels that come together: one by the stream, or a file."""

    versions: tuple[Version, ...]
    kind: str

    def records(self) -> list[bytes]:
        """What arrives on the stream in the end."""
        if self.kind == "stream":
            return [json_file(it.raw) for it in self.versions]
        rows = [it.raw for it in self.versions]
        data = csv_file(*(",".join(str(row.get(name, "")) for name in HEADER.split(",")) for row in rows))
        data = json_file(*rows) if "jsonl" in self.kind else data
        its = world()
        its.work(its.put(f"labels-inbox/x{self.kind}", packed(data) if self.kind.endswith(".gz") else data))
        return [it.data for it in its.stream.records]


versions = st.builds(
    Version,
    event=st.integers(0, EVENTS - 1),
    value=st.integers(0, 1),
    after_s=st.sampled_from([5, 6, DAY, 7 * DAY, 7 * DAY + 1]),
    moved_s=st.sampled_from([0, 0, 0, 1]),
)
deliveries = st.one_of(
    st.builds(lambda it: Delivery((it,), "stream"), versions),
    st.builds(
        Delivery,
        st.lists(versions | versions.map(lambda it: Version(it.event, it.value, None, it.moved_s)), max_size=6).map(
            tuple
        ),
        st.sampled_from([".csv", ".jsonl", ".csv.gz", ".jsonl.gz"]),
    ),
)


def run(arrived: Sequence[Delivery], plan: Sequence[str], batch: int) -> tuple[FakeTable, FakeStore]:
    """Every delivery through ground truth, on two shards."""
    table, store = FakeTable(Faults(plan)), FakeStore(Faults(plan[::-1]))
    function = GroundTruth(features=FEATURES, reader=table, writer=table, lake=store)
    sent = [data for delivery in arrived for data in delivery.records()]
    for number, shard in enumerate(SHARDS):
        own = [it for it in enumerate(sent) if it[0] % 2 == number]  # a reshard may put one key on both
        records = [record(position, data, shard=shard, arrived_at=GIVEN + position) for position, data in own]
        event_source_mapping(records, lambda chunk: collect(chunk, function), batch=batch, splits=iter(()))
    return table, store


def in_state(table: FakeTable) -> dict[int, int]:
    """Hash of the event id -> label, of the merged state of every terminal."""
    found: dict[int, int] = {}
    for key in {key for key, _ in table.items}:
        own = [state for (owner, _), state in table.items.items() if owner == key]
        (merged,) = decode_states(FEATURES, key, own)
        assert isinstance(merged, LabelState)
        found |= {event: value for _, event, _, value in merged.entries()}
    return found


def in_files(store: FakeStore) -> dict[str, int]:
    """Inference id -> label, as the monitor reads it."""
    files = {key: body.splitlines() for key, body in store.objects.items() if key.startswith("ground-truth/")}
    read = read_truths(files.items())
    assert read.unreadable == 0
    assert read == read_truths(sorted(files.items(), reverse=True))
    return {name: truth.value for name, truth in read.last.items()}


def in_training(store: FakeStore) -> dict[str, int]:
    """Event id -> target, as the training set is built from the lake's labels and the events that came."""
    rows = store.rows("labels/")
    if not rows:
        return {}
    labels = pd.DataFrame(rows)
    for name in ("timestamp", "labelled_at"):
        labels[name] = pd.to_datetime(labels[name])
    frame = labelled(FEATURES.usecase, pd.DataFrame({"event_id": sorted(KNOWN)}), labels, known_until=GIVEN + DAY)
    return dict(zip(frame["event_id"], frame["label"].tolist(), strict=True))


@given(
    arrived=st.lists(deliveries, max_size=8),
    twice=st.lists(st.integers(0, 7), max_size=3),
    plan=st.lists(st.sampled_from(["ok", "ok", "ok", "before", "after", "throttle", "lose"]), max_size=20),
    batch=st.integers(1, 5),
)
def test_state_monitor_files_and_training_set_agree_on_every_label(
    arrived: list[Delivery], twice: list[int], plan: list[str], batch: int
) -> None:
    arrived = [*arrived, *(arrived[number] for number in twice if number < len(arrived))]
    table, store = run(arrived, plan, batch)
    best: dict[str, Version] = {}
    for version in (it for delivery in arrived for it in delivery.versions):
        name = f"e{version.event:06}"
        best[name] = max(best.get(name, version), version, key=lambda it: it.rank)
    expected = {name: version.value for name, version in best.items()}
    assert in_state(table) == {id_hash(name): value for name, value in expected.items()}
    assert in_files(store) == expected
    assert in_training(store) == {name: value for name, value in expected.items() if name in KNOWN}


def test_two_corrections_that_overtake_the_label_leave_the_last_given() -> None:
    first, second, third = (Version(1, value, after) for value, after in ((0, DAY), (1, 2 * DAY), (0, 3 * DAY)))
    for order in ((third, first, second), (second, third, first), (first, second, third)):
        table, store = run([Delivery((it,), "stream") for it in order], [], 1)
        assert in_state(table) == {id_hash("e000001"): 0}
        assert in_files(store) == in_training(store) == {"e000001": 0}


def test_a_file_that_comes_again_after_a_correction_does_not_bring_the_old_label_back() -> None:
    wrong = Delivery((Version(2, 1, DAY),), ".csv")
    table, store = run([wrong, Delivery((Version(2, 0, 2 * DAY),), "stream"), wrong], [], 2)
    assert in_state(table) == {id_hash("e000002"): 0}
    assert in_files(store) == in_training(store) == {"e000002": 0}


def test_a_label_that_came_before_its_event_counts_once_the_event_is_there() -> None:
    _, store = run([Delivery((Version(3, 1, DAY),), ".jsonl")], [], 1)
    assert in_training(store) == {}
    assert in_files(store) == {"e000003": 1}
    labels = pd.DataFrame(store.rows("labels/"))
    for name in ("timestamp", "labelled_at"):
        labels[name] = pd.to_datetime(labels[name])
    later = labelled(FEATURES.usecase, pd.DataFrame({"event_id": ["e000003"]}), labels, known_until=GIVEN)
    assert later["label"].tolist() == [1]
