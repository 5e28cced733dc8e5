"""The table of readings behind a real client: one item per key, written only if nobody else was faster."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from doubled_table import BROKEN, DENIED, THROTTLED
from dynamodb_double import Double
from surrounded import KNOWN, USECASE, WEATHER

from headrace.errors import RetryableError, SettingsError
from headrace.lookups import LookupKey
from lambdas.shared.failures import DependencyError
from lambdas.shared.looked_up import LookupWrite, Stored
from lambdas.shared.lookup_keys import EXPIRY, PARTITION_KEY
from lambdas.shared.lookup_table import LookupTable, lookups_of

READINGS = "readings"
KEY, OTHER = KNOWN
HELD = KNOWN[KEY]


@pytest.fixture
def double() -> Iterator[Double]:
    with Double() as made:
        made.client.create_table(
            TableName=READINGS,
            KeySchema=[{"AttributeName": PARTITION_KEY, "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": PARTITION_KEY, "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        made.calls.clear()
        yield made
        made.answers.clear()
        made.client.delete_table(TableName=READINGS)


@pytest.fixture
def table(double: Double) -> LookupTable:
    return LookupTable(double.client, READINGS, executor=ThreadPoolExecutor(2), sleep=lambda _: None)


def test_what_is_written_is_read_with_the_version_that_the_next_write_must_name(table: LookupTable) -> None:
    assert table.write([LookupWrite(KEY, HELD, 0, 4_000_000_000), LookupWrite(OTHER, KNOWN[OTHER], 0, None)]) == []
    assert table.stored([KEY, OTHER, LookupKey("weather", "t9")]) == {
        KEY: Stored(HELD, 1),
        OTHER: Stored(KNOWN[OTHER], 1),
    }
    assert table.write([LookupWrite(KEY, HELD, 1, None)]) == []
    assert table.stored([KEY])[KEY].version == 2


def test_a_write_is_refused_where_somebody_else_was_faster(table: LookupTable) -> None:
    table.write([LookupWrite(KEY, HELD, 0, None)])
    assert table.write([LookupWrite(KEY, {}, 0, None), LookupWrite(OTHER, KNOWN[OTHER], 0, None)]) == [KEY]
    assert table.write([LookupWrite(KEY, {}, 7, None)]) == [KEY]
    assert table.read([KEY]) == {KEY: HELD}


def test_only_items_that_may_go_one_day_have_an_expiry(double: Double, table: LookupTable) -> None:
    table.write([LookupWrite(KEY, HELD, 0, 4_000_000_000), LookupWrite(OTHER, KNOWN[OTHER], 0, None)])
    items = {it[PARTITION_KEY]["S"]: it for it in double.client.scan(TableName=READINGS)["Items"]}
    assert items["weather#t1"][EXPIRY] == {"N": "4000000000"}
    assert EXPIRY not in items["segment#c1"]


def test_keys_are_read_consistently_and_by_the_hundred(double: Double, table: LookupTable) -> None:
    table.read([LookupKey("weather", str(number)) for number in range(250)])
    asked = sorted(len(body["RequestItems"][READINGS]["Keys"]) for _, body in double.calls)
    assert asked == [50, 100, 100]
    assert all(body["RequestItems"][READINGS]["ConsistentRead"] for _, body in double.calls)


def test_keys_left_unprocessed_are_asked_for_again_and_given_up_in_the_end(double: Double, table: LookupTable) -> None:
    table.write([LookupWrite(KEY, HELD, 0, None)])
    left = {"Responses": {}, "UnprocessedKeys": {READINGS: {"Keys": [{PARTITION_KEY: {"S": "weather#t1"}}]}}}
    double.answers = [(200, left)]
    assert table.read([KEY]) == {KEY: HELD}
    double.answers = [(200, left)] * 5
    with pytest.raises(RetryableError, match="1 keys unread"):
        table.read([KEY])


@pytest.mark.parametrize(
    ("answers", "error"),
    [([THROTTLED] * 4, RetryableError), ([BROKEN] * 4, RetryableError), ([DENIED], DependencyError)],
)
def test_a_table_that_fails_says_whether_it_may_pass(
    double: Double, table: LookupTable, answers: list[tuple[int, dict[str, object]]], error: type[Exception]
) -> None:
    double.answers = [*answers]
    with pytest.raises(error, match="reading look-ups"):
        table.read([KEY])
    double.answers = [*answers]
    with pytest.raises(error, match="writing look-ups"):
        table.write([LookupWrite(KEY, HELD, 0, None)])


def test_an_item_that_cannot_be_read_is_an_error_and_no_silence(double: Double, table: LookupTable) -> None:
    item = {PARTITION_KEY: {"S": "weather#t1"}, "readings": {"B": b"\x07what"}, "version": {"N": "1"}}
    double.client.put_item(TableName=READINGS, Item=item)
    with pytest.raises(DependencyError, match="readings of version 07"):
        table.read([KEY])


def test_only_a_use_case_with_look_ups_has_what_fills_events(double: Double) -> None:
    plain = replace(USECASE, lookups=())
    assert lookups_of(plain, double.client, "", ThreadPoolExecutor(1)) is None
    with pytest.raises(SettingsError, match="LOOKUP_TABLE"):
        lookups_of(replace(USECASE, lookups=(WEATHER,)), double.client, "", ThreadPoolExecutor(1))
