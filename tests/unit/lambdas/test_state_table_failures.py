"""The window-state table when DynamoDB throttles, refuses or breaks: what is tried again, reported or raised."""

import pytest
from doubled_table import BROKEN, CUSTOMER, DENIED, SOURCE, TERMINAL, THROTTLED, Table, sizes, write
from dynamodb_double import TABLE

from headrace.errors import RetryableError
from lambdas.shared.failures import DependencyError


def test_a_shard_that_cannot_register_writes_nothing(table: Table) -> None:
    table.double.answers = [BROKEN] * 4
    assert table.writer.write([write(CUSTOMER, read=None, now=1)]) == {CUSTOMER}
    assert table.double.items() == []


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
