"""The emulator's own parts one by one: clock, alarms, prefixes, columns, sequence numbers, bundles, HTTP framing."""

import io
import threading
import time
import zipfile
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.clock import Clock, iso_timestamp
from local.emulator import lifecycle
from local.emulator.alarms import Datapoint, evaluate
from local.emulator.delivery_prefix import PrefixError, check
from local.emulator.delivery_prefix import evaluate as prefix_at
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
