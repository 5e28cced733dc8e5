"""Hostile records: each ends in quarantine with a reason, and the batch goes on."""

import gzip
import json

import pytest
from lambda_fakes import FakeEndpoint, FakeLog, FakeStore, FakeTable
from shard_records import START, event, record

from headrace.features import FeatureSet
from lambdas.enrichment.logic import Enrichment, enrich
from lambdas.shared.scoring import Scorer
from usecases import load

FEATURES = FeatureSet(load("fraud"))


def text(**changes: object) -> bytes:
    return json.dumps(event(1) | changes).encode()


def raw(field: str, value: str) -> bytes:
    """The event with a value that ``json`` would not write."""
    return json.dumps(event(1) | {field: "@"}).replace('"@"', value).encode()


def deep(opening: str) -> bytes:
    return raw("amount", opening * 10_000)


HOSTILE: dict[str, tuple[bytes, str | None, str]] = {
    "nested lists": (deep("["), None, "is nested too deeply"),
    "nested objects": (deep('{"a":'), None, "is nested too deeply"),
    "nesting in a field that nobody reads": (raw("x", "[" * 20_000 + "]" * 20_000), None, "is nested too deeply"),
    "an integer of ten thousand digits": (raw("amount", "9" * 10_000), None, "is not JSON"),
    "an integer of a thousand digits": (raw("amount", "9" * 1_000), "amount", "is not a finite number"),
    "a time of a thousand digits": (raw("timestamp", "9" * 1_000), "timestamp", "is outside 1970 to 2200"),
    "a number beyond all doubles": (raw("amount", "1e999"), "amount", "is not a finite number"),
    "a number whose square overflows": (raw("amount", "1e300"), "amount", "is above 1e+06"),
    "not a number": (raw("amount", "NaN"), None, "NaN is not JSON"),
    "infinity": (raw("amount", "-Infinity"), None, "-Infinity is not JSON"),
    "half of a surrogate pair in an id": (
        text(event_id="e\ud800"), "event_id", "has control characters or half of a surrogate pair",
    ),
    "half of a surrogate pair in bytes": (
        json.dumps(event(1) | {"event_id": "e\ud800"}, ensure_ascii=False).encode("utf-8", "surrogatepass"),
        None, "is not UTF-8",
    ),
    "NUL in an id": (text(event_id="e\0f"), "event_id", "has control characters or half of a surrogate pair"),
    "NUL in a key": (text(customer_id="\0"), "customer_id", "has control characters or half of a surrogate pair"),
    "NUL bytes": (text() + b"\0", None, "is not JSON"),
    "a megabyte of text": (text(customer_id="c" * 1_000_000), None, "is larger than 65536 bytes"),
    "a text as long as a record may be": (
        text(customer_id="c" * 60_000), "customer_id", "is longer than 64 characters",
    ),
    "gzip": (gzip.compress(text()), None, "is not UTF-8"),
    "a field twice": (raw("amount", '1, "amount": 2'), "amount", "is there twice"),
    "a field twice, far down": (raw("x", '[{"a": {"b": 1, "b": 2}}]'), "b", "is there twice"),
    "a field whose name is half a surrogate pair twice": (
        raw("x", '{"\\ud800": 1, "\\ud800": 2}'), "\\ud800", "is there twice",
    ),
    "an object instead of an id": (text(event_id={"$ne": None}), "event_id", "is not a string"),
    "true as a number": (text(amount=True), "amount", "is not a number"),
    "a byte order mark": (b"\xef\xbb\xbf" + text(), None, "is not JSON"),
    "nothing": (b"", None, "is not JSON"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_record_is_quarantined_with_its_reason_and_its_neighbours_are_processed(name: str) -> None:
    body, field, reason = HOSTILE[name]
    table, log, store = FakeTable(), FakeLog(), FakeStore()
    scorer = Scorer(endpoint=FakeEndpoint(), call_s=1, deadline_s=2)
    function = Enrichment(features=FEATURES, reader=table, writer=table, log=log, quarantine=store, scorer=scorer)
    records = [record(0, event(10)), record(1, body), record(2, event(11, at=START + 1))]
    assert enrich(records, function).failed_from is None
    (row,) = store.rows("quarantine/enrichment/")
    assert (row["field"], row["reason"], row["sequence_number"]) == (field, reason, records[1].sequence_number)
    assert [it["event_id"] for it in log.rows] == ["e000010", "e000011"]
    assert log.rows[1]["customer_count_1d"] == 2


def test_a_batch_of_every_hostile_record_quarantines_each_once() -> None:
    table, store = FakeTable(), FakeStore()
    function = Enrichment(features=FEATURES, reader=table, writer=table, log=FakeLog(), quarantine=store, scorer=None)
    outcome = enrich([record(n, body) for n, (body, _, _) in enumerate(HOSTILE.values())], function)
    assert (outcome.failed_from, outcome.counts["Quarantined"]) == (None, len(HOSTILE))
    assert len(store.rows("quarantine/enrichment/")) == len(HOSTILE)
    assert table.items == {}
