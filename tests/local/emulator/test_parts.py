"""The emulator's own parts one by one: clock, alarms, prefixes, columns, sequence numbers, bundles, HTTP framing."""

import asyncio
import io
import threading
import time
import zipfile
from base64 import b64encode
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.clock import Clock, iso_timestamp
from local.emulator import lifecycle
from local.emulator.alarms import Datapoint, evaluate
from local.emulator.delivery_columns import MistypedError, UnknownTypeError, column_type
from local.emulator.delivery_prefix import PrefixError, check
from local.emulator.delivery_prefix import evaluate as prefix_at
from local.emulator.http_message import Message, Receive, Send
from local.emulator.http_server import Server
from local.emulator.kinesis_limits import RefusedError, Sequencer, check_record
from local.emulator.lambda_bundle import unpacked
from local.emulator.registry import ResourceContext, register_inert_type, resource_types

AT = datetime(2026, 3, 7, 9, 5, 1, tzinfo=UTC).timestamp()


def test_the_clock_is_the_wall_plus_what_was_advanced() -> None:
    wall = [1000.0]
    clock = Clock(lambda: wall[0])
    clock.advance(50)
    wall[0] += 1
    assert clock.now() == 1051
    assert clock.set(2000) == 2000
    for wrong in (-1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="forward"):
            clock.advance(wrong)
    with pytest.raises(ValueError, match="forward"):
        clock.set(1)


def test_a_sleeper_wakes_when_its_time_has_passed_on_the_clock() -> None:
    clock = Clock()
    sleeper = threading.Thread(target=clock.sleep, args=(3600,))
    sleeper.start()
    clock.advance(3601)
    sleeper.join(5)
    assert not sleeper.is_alive()
    stop = threading.Event()
    stop.set()
    started = time.monotonic()
    clock.sleep(3600, stop)
    assert time.monotonic() - started < 2


def test_timestamps_are_written_as_aws_writes_them() -> None:
    assert iso_timestamp(AT + 0.0214) == "2026-03-07T09:05:01.021Z"


def alarm(**options: Any) -> dict[str, Any]:
    """An alarm over three minutes."""
    shape = {"Period": 60, "EvaluationPeriods": 3, "Threshold": 10, "ComparisonOperator": "GreaterThanThreshold"}
    return {**shape, **options}


@pytest.mark.parametrize(
    ("values", "options", "expected"),
    [
        ([11, 11, 11], {}, "ALARM"),
        ([11, 11, 9], {}, "OK"),
        ([11, 11, 9], {"DatapointsToAlarm": 2}, "ALARM"),
        ([11, None, None], {"DatapointsToAlarm": 2}, "OK"),
        ([11, None, None], {"DatapointsToAlarm": 2, "TreatMissingData": "breaching"}, "ALARM"),
        ([None, None, None], {}, "INSUFFICIENT_DATA"),
        ([None, None, None], {"TreatMissingData": "notBreaching"}, "OK"),
        ([None, None, None], {"TreatMissingData": "ignore"}, None),
        ([9, 9, 9], {"ComparisonOperator": "LessThanThreshold"}, "ALARM"),
        ([10, 10, 10], {"ComparisonOperator": "GreaterThanOrEqualToThreshold"}, "ALARM"),
        ([10, 10, 10], {"ComparisonOperator": "LessThanOrEqualToThreshold"}, "ALARM"),
        ([10, 10, 10], {"ComparisonOperator": "GreaterThanUpperThreshold"}, None),
    ],
)
def test_alarms_follow_the_datapoints(
    values: list[float | None], options: dict[str, Any], expected: str | None
) -> None:
    now = 6000.0
    points = [Datapoint(start_s=now - 60 * i, value=value) for i, value in enumerate(values) if value is not None]
    verdict = evaluate(alarm(**options), points, now + 30)
    assert (verdict.state if verdict else None) == expected


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("data/", "data/2026/03/07/09/"),
        ("dt=!{timestamp:yyyy-MM-dd}/hh=!{timestamp:HH}/", "dt=2026-03-07/hh=09/"),
        ("!{timestamp:yy/M/d/'at'H''m}/", "26/3/7/at9'5/"),
        ("!{timestamp:DDD}/", "066/"),
    ],
)
def test_prefixes_are_evaluated_in_utc(prefix: str, expected: str) -> None:
    assert prefix_at(prefix, at=AT) == expected


def test_error_prefixes_name_the_kind_of_error_and_random_strings_differ() -> None:
    assert prefix_at("e/!{firehose:error-output-type}/!{timestamp:yyyy}/", at=AT, error_type="x") == "e/x/2026/"
    assert prefix_at("e/", at=AT, error_type="x") == "e/x/2026/03/07/09/"
    random = "!{firehose:random-string}/!{timestamp:HH}"
    assert prefix_at(random, at=AT) != prefix_at(random, at=AT)
    with pytest.raises(PrefixError):
        prefix_at("!{firehose:error-output-type}/", at=AT)
    with pytest.raises(PrefixError, match="error-output-type"):
        check("a/", "b/!{timestamp:yyyy}/")


@pytest.mark.parametrize(
    ("kind", "value", "stored"),
    [
        ("string", "a", "a"),
        ("string", 1.5, "1.5"),
        ("string", {"a": [1]}, '{"a": [1]}'),
        ("varchar(10)", "a", "a"),
        ("int", -(2**31), -(2**31)),
        ("bigint", 2**63 - 1, 2**63 - 1),
        ("double", 3, 3.0),
        ("boolean", False, False),
        ("date", "2026-01-02", date(2026, 1, 2)),
        ("timestamp", "2026-01-02T03:04:05.123456789Z", 1_767_323_045_123_456_789),
        ("timestamp", "2026-01-02 03:04:05.5", 1_767_323_045_500_000_000),
        ("timestamp", 1_767_323_045, 1_767_323_045_000_000_000),
        ("timestamp", 1_767_323_045_123, 1_767_323_045_123_000_000),
        ("decimal(10,2)", "1.005", Decimal("1.00")),
        ("decimal", 7, Decimal(7)),
        ("array<array<int>>", [[1], None], [[1], None]),
        ("map<string,int>", {"a": 1}, [("a", 1)]),
        ("struct<a:int,b:struct<c:string>>", {"A": 1, "b": {}}, {"a": 1, "b": {"c": None}}),
    ],
)
def test_json_values_fit_their_columns(kind: str, value: Any, stored: Any) -> None:
    assert column_type(kind)[1](value) == stored


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("int", "1"),
        ("int", 1.0),
        ("int", True),
        ("tinyint", 128),
        ("double", "1.5"),
        ("double", True),
        ("boolean", 1),
        ("date", "today"),
        ("timestamp", "2026-01-02"),
        ("timestamp", "2026-13-02T03:04:05Z"),
        ("timestamp", True),
        ("decimal(5,2)", "many"),
        ("array<int>", 1),
        ("map<string,int>", []),
        ("struct<a:int>", {"a": "1"}),
    ],
)
def test_values_that_do_not_fit_are_refused(kind: str, value: Any) -> None:
    with pytest.raises(MistypedError):
        column_type(kind)[1](value)


def test_an_unknown_column_type_is_named() -> None:
    with pytest.raises(UnknownTypeError, match="uniontype"):
        column_type("uniontype<int,string>")


@given(st.lists(st.floats(1, 2e9), min_size=2, max_size=20).map(sorted))
def test_sequence_numbers_have_56_digits_and_grow(times: list[float]) -> None:
    sequencer = Sequencer()
    numbers = [sequencer.next(at) for at in times]
    assert {len(number) for number in numbers} == {56}
    assert numbers == sorted(set(numbers))
    assert not any(number.startswith("0") for number in numbers)


@given(st.binary(max_size=50))
def test_a_records_size_is_its_data_and_its_key(data: bytes) -> None:

    assert check_record({"Data": b64encode(data).decode(), "PartitionKey": "äb"}) == len(data) + 3


@pytest.mark.parametrize(
    "record",
    [{"PartitionKey": "k"}, {"Data": ""}, {"Data": "", "PartitionKey": ""}, {"Data": "a", "PartitionKey": "k"}],
)
def test_half_a_record_is_refused(record: dict[str, str]) -> None:
    with pytest.raises(RefusedError):
        check_record(record)


def test_a_bundle_is_unpacked_once_per_content(tmp_path: Path) -> None:
    def bundle(text: str) -> bytes:
        sink = io.BytesIO()
        with zipfile.ZipFile(sink, "w") as archive:
            archive.writestr("handler.py", text)
        return sink.getvalue()

    first = unpacked(bundle("one"), tmp_path)
    assert (first / "handler.py").read_text() == "one"
    (first / "mark").touch()
    assert (unpacked(bundle("one"), tmp_path) / "mark").exists()
    assert unpacked(bundle("two"), tmp_path) != first


def test_inert_types_keep_their_reason_and_fill_their_patterns() -> None:
    register_inert_type("Test::Inert::Thing", reason="a test", ref="{Name}!", attributes={"Arn": "arn:{ref}"})
    try:
        kind = resource_types["Test::Inert::Thing"]
        created = kind.create(ResourceContext(stack_name="s", logical_id="l"), {"Name": "n"})
        assert (kind.inert, created.physical_id, created.attributes["Arn"]) == ("a test", "n!", "arn:n!")
    finally:
        del resource_types["Test::Inert::Thing"]


def test_everything_that_must_end_ends_once_and_last_first_even_if_one_fails() -> None:
    ended: list[str] = []

    def broken() -> None:
        ended.append("broken")
        raise RuntimeError

    for callback in (lambda: ended.append("first"), broken, lambda: ended.append("last")):
        lifecycle.on_stop(callback)
    lifecycle.stop()
    lifecycle.stop()
    assert ended == ["last", "broken", "first"]


async def exchange(application: Any, *sent: bytes) -> bytes:
    """What a server answers to these bytes, until it closes the connection."""
    server = Server(application)
    port = await server.start(0)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in sent:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(0.02)
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    await writer.wait_closed()
    await server.stop()
    return answer


async def echo(scope: Message, receive: Receive, send: Send) -> None:
    """Answers with method, path, query and body; in two chunks for /stream."""
    body = (await receive())["body"]
    text = b" ".join([scope["method"].encode(), scope["path"].encode(), scope["query_string"], body])
    streamed = scope["path"] == "/stream"
    headers = [] if streamed else [(b"Content-Length", str(len(text)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if streamed:
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
    await send({"type": "http.response.body", "body": text})


def test_requests_in_pieces_and_in_a_row_are_answered_in_order() -> None:
    one = b"POST /a%20b?x=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhe"
    two = b"lloGET /c HTTP/1.1\r\nConnection: close\r\n\r\n"
    answer = asyncio.run(exchange(echo, one, two))
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert answer.index(b"POST /a b x=1 hello") < answer.index(b"GET /c")


def test_chunked_bodies_continue_answers_and_streams() -> None:
    head = b"PUT /up HTTP/1.1\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
    answer = asyncio.run(exchange(echo, head, b"3\r\nabc\r\n", b"2;x=y\r\nde\r\n0\r\n\r\n"))
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")
    assert answer.endswith(b"PUT /up  abcde")
    streamed = asyncio.run(exchange(echo, b"GET /stream HTTP/1.1\r\nConnection: close\r\n\r\n"))
    assert b"5\r\nfirst\r\nd\r\nGET /stream  \r\n0\r\n\r\n" in streamed


def test_head_has_no_body_and_nonsense_is_refused() -> None:
    answer = asyncio.run(exchange(echo, b"HEAD /x HTTP/1.1\r\nConnection: close\r\n\r\n"))
    assert answer.endswith(b"\r\n\r\n")
    assert b"Content-Length: 9" in answer
    assert asyncio.run(exchange(echo, b"nonsense\r\n\r\n")).startswith(b"HTTP/1.1 400")
