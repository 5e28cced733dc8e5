"""The rules of a Kinesis batch, without an emulator: whatever fails, every record ends exactly once, in order."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.emulator.mapping_event import GivenUp
from local.emulator.mapping_retry import Answer, Policy, first_failure, process
from local.emulator.ministack_kinesis import Record


def record(number: int, arrived_at: float = 100.0) -> Record:
    """A record whose data is its number."""
    return Record("shardId-000000000000", str(number), "k", str(number), arrived_at)


class Port:
    """Remembers what happened; the function answers as it is told."""

    def __init__(self, function: Callable[[list[int]], Answer], patience: int = 10_000) -> None:
        self.function = function
        self.patience = patience
        self.invocations: list[list[int]] = []
        self.given_up: list[tuple[str, list[int]]] = []
        self.checkpoints: list[int] = []

    def invoke(self, records: Sequence[Record]) -> Answer:
        numbers = [int(item.sequence_number) for item in records]
        self.invocations.append(numbers)
        return self.function(numbers)

    def give_up(self, given_up: GivenUp) -> None:
        self.given_up.append((given_up.condition, [int(item.sequence_number) for item in given_up.records]))

    def done(self, record: Record) -> None:
        self.checkpoints.append(int(record.sequence_number))

    def wait(self, attempt: int) -> bool:
        self.patience -= 1
        return self.patience > 0

    def now(self) -> float:
        return 100.0


def reporting(*bad: int) -> Callable[[list[int]], Answer]:
    """A function that reports these records as failed."""

    def function(numbers: list[int]) -> Answer:
        failed = [{"itemIdentifier": str(number)} for number in numbers if number in bad]
        return Answer(payload={"batchItemFailures": failed})

    return function


def raising(*bad: int) -> Callable[[list[int]], Answer]:
    """A function that fails when one of these records is in the batch."""
    return lambda numbers: Answer(error="Unhandled" if set(bad) & set(numbers) else "")


RECORDS = [record(number) for number in range(6)]


@given(
    bad=st.sets(st.integers(0, 19)),
    count=st.integers(1, 20),
    retries=st.integers(0, 3),
    bisect=st.booleans(),
    report=st.booleans(),
)
def test_every_record_ends_exactly_once_and_in_order(
    bad: set[int], count: int, retries: int, bisect: bool, report: bool
) -> None:
    port = Port(reporting(*bad) if report else raising(*bad))
    process(
        [record(number) for number in range(count)],
        Policy(report_item_failures=report, bisect=bisect, retries=retries),
        port,
    )
    lost = [number for _condition, numbers in port.given_up for number in numbers]
    assert lost == sorted(set(lost)), "nothing is given up twice or out of order"
    assert bad & set(range(count)) <= set(lost), "what always fails is given up"
    if bisect:
        assert set(lost) == bad & set(range(count)), "bisecting spares the neighbours"
    assert not lost or port.checkpoints == sorted(port.checkpoints)
    invoked = {number for batch in port.invocations for number in batch}
    assert invoked == set(range(count))


def test_retries_are_counted_and_a_success_ends_them() -> None:
    answers = iter([Answer(error="Unhandled"), Answer(error="Unhandled"), Answer()])
    port = Port(lambda _numbers: next(answers))
    process(RECORDS, Policy(retries=2), port)
    assert len(port.invocations) == 3
    assert port.given_up == []


def test_without_a_limit_a_batch_is_tried_until_the_mapping_stops() -> None:
    port = Port(raising(3), patience=50)
    process(RECORDS, Policy(), port)
    assert len(port.invocations) == 50
    assert port.given_up == []
    assert port.checkpoints == []


def test_throttling_is_no_attempt() -> None:
    answers = iter([*[Answer(error="Throttled")] * 5, Answer()])
    port = Port(lambda _numbers: next(answers))
    process(RECORDS, Policy(retries=0), port)
    assert port.given_up == []


def test_a_partial_failure_checkpoints_what_came_before_it() -> None:
    port = Port(reporting(2))
    process(RECORDS, Policy(report_item_failures=True, retries=1), port)
    assert port.invocations == [[0, 1, 2, 3, 4, 5], [2, 3, 4, 5]]
    assert port.checkpoints == [1, 5]
    assert port.given_up == [("RetryAttemptsExhausted", [2, 3, 4, 5])]


def test_old_records_leave_before_the_young_ones_are_tried() -> None:
    port = Port(lambda _numbers: Answer())
    mixed = [record(0, arrived_at=10.0), record(1, arrived_at=20.0), record(2, arrived_at=90.0)]
    process(mixed, Policy(record_age_s=60.0), port)
    assert port.given_up == [("RecordAgeExceeded", [0, 1])]
    assert port.invocations == [[2]]


@pytest.mark.parametrize(
    ("payload", "index"),
    [
        (None, 6),
        ({}, 6),
        ("fine", 6),
        ({"batchItemFailures": []}, 6),
        ({"batchItemFailures": None}, 6),
        ({"batchItemFailures": [{"itemIdentifier": "4"}, {"itemIdentifier": "2"}]}, 2),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, 0),
        ({"batchItemFailures": [{"itemIdentifier": None}]}, 0),
        ({"batchItemFailures": [{"wrongKey": "4"}]}, 0),
        ({"batchItemFailures": [{"itemIdentifier": "from another batch"}]}, 0),
    ],
)
def test_the_answer_is_read_as_lambda_reads_it(payload: Any, index: int) -> None:
    assert first_failure(Answer(payload=payload), RECORDS, Policy(report_item_failures=True)) == index
    assert first_failure(Answer(payload=payload), RECORDS, Policy()) == 6
