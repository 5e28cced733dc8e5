"""The window-state table: single-writer writes, reads by the hundred, and a DynamoDB that does not play along."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from dynamodb_double import TABLE, Double

from headrace.errors import RetryableError
from lambdas.shared.failures import DependencyError
from lambdas.shared.state_reader import StateReader
from lambdas.shared.state_writer import StateWriter
from lambdas.shared.stream import NO_MARK
from lambdas.shared.window_state import EntityKey, StateWrite, StoredState
from usecases import load

SOURCE = "events#shardId-000000000000"
THROTTLED = (400, {"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException", "message": "Rate exceeded"})
DENIED = (400, {"__type": "com.amazon.coral.service#AccessDeniedException", "Message": "not authorized"})
BROKEN = (500, {"__type": "InternalServerError", "message": "Internal server error"})


def mark(number: int) -> str:
    return str(number).zfill(56)


def write(key: EntityKey, *, read: int | None, now: int, source: str = SOURCE, data: bytes = b"state") -> StateWrite:
    return StateWrite(
        key=key,
        source=source,
        data=data,
        mark=mark(now),
        folded=now,
        expires_at=4_000_000_000,
        read_mark=None if read is None else mark(read),
        first_mark=mark(now),
    )


CUSTOMER, TERMINAL = EntityKey("customer", "c1"), EntityKey("terminal", "t1")


class Table:
    """Reader and writer of one table."""

    def __init__(self) -> None:
        self.double = Double()
        self.executor = ThreadPoolExecutor(2)
        self.pauses: list[float] = []
        client, usecase = self.double.client, load("fraud")
        self.reader = StateReader(client, TABLE, usecase=usecase, executor=self.executor, sleep=self.pauses.append)
        self.writer = StateWriter(client, TABLE, executor=self.executor, sleep=self.pauses.append)


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[Table]:
    made = Table()
    monkeypatch.setattr("time.sleep", lambda _: None)  # the SDK's own pauses between its attempts
    yield made
    made.executor.shutdown()
    made.double.close()


def test_a_written_item_is_read_back_whole(table: Table) -> None:
    assert table.writer.write([write(CUSTOMER, read=None, now=7, data=bytes(range(256)))]) == frozenset()
    expected = StoredState(SOURCE, bytes(range(256)), mark(7), 7)
    assert table.reader.read([CUSTOMER, TERMINAL]) == {CUSTOMER: [expected]}
    assert table.reader.read_own([CUSTOMER, TERMINAL], SOURCE) == {CUSTOMER: expected}
    assert table.reader.query([CUSTOMER, TERMINAL]) == {CUSTOMER: [expected], TERMINAL: []}
    item = next(it for it in table.double.items() if it["entity"]["S"] == "customer#c1")
    assert item["expires_at"] == {"N": "4000000000"}


@pytest.mark.parametrize("read", [None, 6, 8], ids=["as if new", "behind", "ahead"])
def test_a_write_whose_mark_is_not_the_stored_one_is_lost_and_its_neighbours_are_not(
    table: Table, read: int | None
) -> None:
    table.writer.write([write(CUSTOMER, read=None, now=7), write(TERMINAL, read=None, now=7)])
    lost = table.writer.write([write(CUSTOMER, read=read, now=9), write(TERMINAL, read=7, now=9)])
    assert lost == {CUSTOMER}
    found = table.reader.query([CUSTOMER, TERMINAL])
    assert [found[CUSTOMER][0].mark, found[TERMINAL][0].mark] == [mark(7), mark(9)]


def test_an_update_of_an_item_that_has_expired_meanwhile_is_lost(table: Table) -> None:
    assert table.writer.write([write(CUSTOMER, read=7, now=9)]) == {CUSTOMER}


def test_items_of_every_shard_are_found_through_the_register_in_few_calls(table: Table) -> None:
    keys = [EntityKey("terminal", f"t{number}") for number in range(60)]
    for shard in ("events#a", "events#b", "labels#a", "events#backfill"):
        table.writer.write([write(key, read=None, now=1, source=shard) for key in keys])
    table.double.calls.clear()
    found = table.reader.read(keys)
    assert {tuple(sorted(state.source for state in states)) for states in found.values()} == {
        ("events#a", "events#b", "events#backfill", "labels#a")
    }
    assert len(found) == 60
    assert sorted(table.double.names()) == ["BatchGetItem"] * 3 + ["Query"]


def test_an_entity_without_label_windows_is_not_looked_up_among_labels(table: Table) -> None:
    for source in ("events#a", "labels#a"):
        table.writer.write([write(TERMINAL, read=None, now=1, source=source)])
    table.double.calls.clear()
    table.reader.read([CUSTOMER, TERMINAL])
    keys = table.double.calls[1][1]["RequestItems"][TABLE]["Keys"]
    assert sorted((key["entity"]["S"], key["source"]["S"]) for key in keys) == [
        ("customer#c1", "events#a"),
        ("terminal#t1", "events#a"),
        ("terminal#t1", "labels#a"),
    ]


def test_sort_keys_under_which_nothing_was_ever_written_are_not_paid_for(table: Table) -> None:
    assert table.reader.read([CUSTOMER, TERMINAL]) == {}
    assert table.double.names() == ["Query"]


def test_with_many_sources_entities_are_queried_instead(table: Table) -> None:
    for shard in range(9):
        table.writer.write([write(CUSTOMER, read=None, now=1, source=f"events#{shard}")])
    table.double.calls.clear()
    assert len(table.reader.read([CUSTOMER])[CUSTOMER]) == 9
    assert table.double.names() == ["Query", "Query"]


def sizes(table: Table) -> list[int]:
    """Statements per write call, largest first."""
    calls = [body for name, body in table.double.calls if name == "BatchExecuteStatement"]
    return sorted((len(body["Statements"]) for body in calls), reverse=True)


def test_a_shard_registers_before_its_first_write_and_not_again_until_its_items_would_outlive_the_entry(
    table: Table,
) -> None:
    table.writer.write([write(CUSTOMER, read=None, now=1)])
    table.writer.write([write(CUSTOMER, read=1, now=2)])
    assert table.double.names() == ["PutItem", "BatchExecuteStatement", "BatchExecuteStatement"]
    entry = table.double.calls[0][1]["Item"]
    assert (entry["entity"], entry["source"], entry["mark"]) == ({"S": "#sources"}, {"S": SOURCE}, {"S": NO_MARK})
    assert int(entry["expires_at"]["N"]) > 4_000_000_000


def test_a_shard_that_cannot_register_writes_nothing(table: Table) -> None:
    table.double.answers = [BROKEN] * 4
    assert table.writer.write([write(CUSTOMER, read=None, now=1)]) == {CUSTOMER}
    assert table.double.items() == []


def test_writing_nothing_calls_nothing(table: Table) -> None:
    assert table.writer.write([]) == frozenset()
    assert table.double.calls == []


def test_writes_go_two_dozen_to_a_call_and_large_ones_fewer(table: Table) -> None:
    table.writer.write([write(EntityKey("customer", str(n)), read=None, now=1) for n in range(60)])
    assert sizes(table) == [25, 25, 10]
    table.double.calls.clear()
    large = bytes(300_000)
    table.writer.write([write(EntityKey("customer", f"l{n}"), read=None, now=1, data=large) for n in range(20)])
    assert sizes(table) == [13, 7]


@pytest.mark.parametrize("code", ["ThrottlingError", "ProvisionedThroughputExceeded", "InternalServerError"])
def test_a_throttled_statement_is_tried_again_with_growing_pauses(table: Table, code: str) -> None:
    table.double.answers = [None, (200, {"Responses": [{"Error": {"Code": code, "Message": "again"}}, {}]})]
    assert table.writer.write([write(CUSTOMER, read=None, now=1), write(TERMINAL, read=None, now=1)]) == frozenset()
    assert sizes(table) == [2, 1]
    assert len(table.pauses) == 1


def test_a_statement_throttled_to_the_end_is_reported_and_its_neighbour_is_not(table: Table) -> None:
    again = {"Responses": [{"Error": {"Code": "ThrottlingError", "Message": "again"}}]}
    table.double.answers = [None, (200, {"Responses": [*again["Responses"], {}]}), *[(200, again)] * 3]
    assert table.writer.write([write(CUSTOMER, read=None, now=1), write(TERMINAL, read=None, now=1)]) == {CUSTOMER}
    assert table.pauses == sorted(table.pauses)


def test_a_call_throttled_to_the_end_reports_all_of_its_items(table: Table) -> None:
    table.double.answers = [None, *[THROTTLED] * 16]
    assert table.writer.write([write(CUSTOMER, read=None, now=1)]) == {CUSTOMER}


@pytest.mark.parametrize(
    "answer",
    [
        DENIED,
        (200, {"Responses": [{"Error": {"Code": "AccessDenied", "Message": "not authorized"}}]}),
        (200, {"Responses": [{"Error": {"Code": "ValidationError", "Message": "Item size exceeded"}}]}),
    ],
)
def test_a_refusal_for_good_is_raised_and_not_retried(table: Table, answer: tuple[int, dict[str, object]]) -> None:
    table.double.answers = [None, answer]
    with pytest.raises(DependencyError, match="writing window state"):
        table.writer.write([write(CUSTOMER, read=None, now=1)])
    assert table.pauses == []


def test_a_refused_registration_is_raised(table: Table) -> None:
    table.double.answers = [DENIED]
    with pytest.raises(DependencyError, match="registering"):
        table.writer.write([write(CUSTOMER, read=None, now=1)])


def test_keys_that_dynamodb_leaves_unprocessed_are_asked_for_again(table: Table) -> None:
    table.writer.write([write(CUSTOMER, read=None, now=1), write(TERMINAL, read=None, now=1)])
    left = {"Keys": [{"entity": {"S": key.id}, "source": {"S": SOURCE}} for key in (CUSTOMER, TERMINAL)]}
    table.double.answers = [(200, {"Responses": {}, "UnprocessedKeys": {TABLE: left}})]
    assert set(table.reader.read_own([CUSTOMER, TERMINAL], SOURCE)) == {CUSTOMER, TERMINAL}
    assert len(table.pauses) == 1


def test_keys_unprocessed_to_the_end_are_a_passing_failure(table: Table) -> None:
    left = {"Keys": [{"entity": {"S": CUSTOMER.id}, "source": {"S": SOURCE}}]}
    table.double.answers = [(200, {"Responses": {}, "UnprocessedKeys": {TABLE: left}})] * 5
    with pytest.raises(RetryableError, match="1 keys unread after 5 attempts"):
        table.reader.read_own([CUSTOMER], SOURCE)


@pytest.mark.parametrize(("answer", "error"), [(BROKEN, RetryableError), (DENIED, DependencyError)])
def test_failed_reads_say_whether_trying_again_may_help(
    table: Table, answer: tuple[int, dict[str, object]], error: type[Exception]
) -> None:
    for ask in (lambda: table.reader.read_own([CUSTOMER], SOURCE), lambda: table.reader.query([CUSTOMER])):
        table.double.answers = [answer] * 4
        with pytest.raises(error, match="reading window state"):
            ask()
        table.double.answers.clear()


def test_an_entity_with_more_state_than_a_page_is_read_whole(table: Table) -> None:
    for shard in range(5):
        table.writer.write([write(CUSTOMER, read=None, now=1, source=f"events#{shard}", data=bytes(390_000))])
    table.double.calls.clear()
    assert len(table.reader.query([CUSTOMER])[CUSTOMER]) == 5
    assert set(table.double.names()) == {"Query"}
    assert len(table.double.names()) > 1
