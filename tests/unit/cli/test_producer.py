"""Producers lose nothing and keep each key's order, whatever Kinesis refuses."""

import json
from typing import Any

import pytest

import simulators
import usecases
from cli import producer
from cli.deployment import Deployment
from cli.producer import Record, event_records, label_records, put
from headrace.errors import RetryableError
from headrace.schema import parse_event, parse_label

FRAUD = usecases.load("fraud")


class RefusingStream:
    """Takes records, except those whose number of calls so far is in ``refuse``; remembers what it took in order."""

    def __init__(self, refuse: set[int]) -> None:
        self.refuse = refuse
        self.taken: list[tuple[str, bytes]] = []
        self.offered = 0

    def put_records(self, *, StreamName: str, Records: list[dict[str, Any]]) -> dict[str, Any]:
        assert StreamName == "events"
        return {"Records": [self._take(record) for record in Records]}

    def _take(self, record: dict[str, Any]) -> dict[str, str]:
        self.offered += 1
        if self.offered in self.refuse:
            return {"ErrorCode": "ProvisionedThroughputExceededException"}
        self.taken.append((record["PartitionKey"], record["Data"]))
        return {"SequenceNumber": str(self.offered)}


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(producer.time, "sleep", lambda _: None)


@pytest.mark.parametrize("refuse", [set(), {1}, {2, 3}, {1, 2, 3, 4, 5}])
def test_each_key_keeps_its_order_whatever_is_refused(refuse: set[int]) -> None:
    records = [Record(str(number).encode(), key) for number, key in enumerate("aabcabcca")]
    stream = RefusingStream(refuse)
    assert put(stream, "events", records) == len(records)  # type: ignore[arg-type]  # a double of one method
    for key in "abc":
        assert [data for name, data in stream.taken if name == key] == [r.data for r in records if r.key == key]


def test_a_stream_that_never_takes_a_record_is_an_error_that_says_so() -> None:
    with pytest.raises(RetryableError, match="1 records were refused by stream events 8 times; add shards"):
        put(RefusingStream(set(range(100))), "events", [Record(b"1", "a")])  # type: ignore[arg-type]


def test_no_call_is_larger_than_kinesis_takes() -> None:
    records = [Record(b"x" * 1_000_000, str(number)) for number in range(25)]
    sizes = [sum(len(record.data) + len(record.key) for record in batch) for batch in producer._batches(records)]
    assert len(sizes) == 3
    assert max(sizes) <= 10 * 1024 * 1024


def test_what_is_sent_is_what_the_functions_read(deployment: Deployment) -> None:
    world = simulators.load("fraud")(start=1_767_225_600, days=1, per_day=100, seed=1)
    labels = world.assign(labelled_at=world["timestamp"] + FRAUD.label.delay_s)
    events = [parse_event(FRAUD, record.data, unknown_fields="reject") for record in event_records(FRAUD, world)]
    assert [event["amount"] for event in events] == world["amount"].tolist()
    assert [event["timestamp"] for event in events] == world["timestamp"].tolist()
    read = [parse_label(FRAUD, record.data) for record in label_records(FRAUD, labels)]
    assert [label.value for label in read] == world["fraud"].tolist()
    assert [label.keys["terminal"] for label in read] == world["terminal_id"].tolist()
    assert put(deployment.kinesis, "events", event_records(FRAUD, world)) == len(world)
    assert json.loads(next(event_records(FRAUD, world)).data)["event_id"] == world["event_id"].iloc[0]
