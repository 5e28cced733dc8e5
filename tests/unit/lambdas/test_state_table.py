"""The window-state table: single-writer writes, reads by the hundred, and calls no larger than DynamoDB takes."""

import pytest
from doubled_table import CUSTOMER, SOURCE, TERMINAL, Table, mark, sizes, write
from dynamodb_double import TABLE

from lambdas.shared.stream import NO_MARK
from lambdas.shared.window_state import EntityKey, StoredState


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


def test_a_shard_registers_before_its_first_write_and_not_again_until_its_items_would_outlive_the_entry(
    table: Table,
) -> None:
    table.writer.write([write(CUSTOMER, read=None, now=1)])
    table.writer.write([write(CUSTOMER, read=1, now=2)])
    assert table.double.names() == ["PutItem", "BatchExecuteStatement", "BatchExecuteStatement"]
    entry = table.double.calls[0][1]["Item"]
    assert (entry["entity"], entry["source"], entry["mark"]) == ({"S": "#sources"}, {"S": SOURCE}, {"S": NO_MARK})
    assert int(entry["expires_at"]["N"]) > 4_000_000_000


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


def test_an_entity_with_more_state_than_a_page_is_read_whole(table: Table) -> None:
    for shard in range(5):
        table.writer.write([write(CUSTOMER, read=None, now=1, source=f"events#{shard}", data=bytes(390_000))])
    table.double.calls.clear()
    assert len(table.reader.query([CUSTOMER])[CUSTOMER]) == 5
    assert set(table.double.names()) == {"Query"}
    assert len(table.double.names()) > 1
