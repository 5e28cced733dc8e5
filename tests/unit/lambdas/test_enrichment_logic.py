"""Enrichment step by step: what is logged, what is quarantined, and where a batch starts again."""

import base64
from dataclasses import replace

import pytest
from enriching import CUSTOMER, FEATURES, TERMINAL, parts, wired
from lambda_fakes import FakeEndpoint
from shard_records import START, event, label, record
from varied_usecases import hashing

from headrace.errors import SettingsError
from headrace.features import FeatureSet
from headrace.masking import mask
from headrace.schema import coerce_event, coerce_label
from headrace.windows import EventState, LabelState, encode
from lambdas.enrichment.logic import enrich
from lambdas.shared.scoring import EndpointError
from lambdas.shared.stream import CLOCK_SKEW_S, NO_MARK
from lambdas.shared.window_state import StoredState

DAY = 86_400


def test_a_logged_row_has_the_event_its_features_its_score_and_its_place() -> None:
    function = wired(FakeEndpoint())
    outcome = enrich([record(0, event(1, amount=12.0)), record(1, event(2, at=START + 60, amount=4.0))], function)
    assert (outcome.failed_from, outcome.counts) == (
        None,
        {"Records": 2, "Rejected": 0, "Scored": 2, "Degraded": 0, "Stored": 2, "Quarantined": 0},
    )
    row = parts(function)[1].rows[1]
    assert list(row) == [
        "event_id",
        "timestamp",
        "customer_id",
        "terminal_id",
        *FEATURES.names,
        "score",
        "decision",
        "model_version",
        "degraded",
        "shard_id",
        "sequence_number",
        "latency_ms",
    ]
    assert row["timestamp"] == "2023-11-14T22:14:20Z"
    assert (row["customer_count_1d"], row["customer_amount_mean_1d"]) == (2.0, 8.0)
    assert (row["decision"], row["model_version"], row["degraded"]) == ("APPROVE", "7", None)
    assert row["sequence_number"] == record(1, b"").sequence_number
    assert row["latency_ms"] == 250


def test_each_event_sees_the_events_before_it_and_itself_only() -> None:
    function = wired()
    enrich([record(number, event(number, at=START + number)) for number in range(4)], function)
    assert [row["customer_count_1d"] for row in parts(function)[1].rows] == [1.0, 2.0, 3.0, 4.0]


def test_an_event_that_comes_late_is_valued_at_its_own_time() -> None:
    function = wired()
    bodies = [event(number, at=START + number * DAY // 2) for number in range(40)]
    enrich([record(number, body, arrived_at=START + 30 * DAY) for number, body in enumerate(bodies)], function)
    late = event(99, at=START + DAY + 1)
    enrich([record(99, late, arrived_at=START + 30 * DAY)], function)
    assert parts(function)[1].rows[-1]["customer_count_1d"] == 3.0


def test_states_of_other_shards_of_backfill_and_of_labels_count() -> None:
    function = wired()
    table = parts(function)[0]
    other, backfill = (FEATURES.new_state("terminal", "events") for _ in range(2))
    labels = FEATURES.new_state("terminal", "labels")
    for state, number in ((other, 1), (backfill, 2)):
        assert isinstance(state, EventState)
        coerced = coerce_event(FEATURES.usecase, event(number, at=START - 8 * DAY))
        FEATURES.fold_event(coerced, {"terminal": state})
    assert isinstance(labels, LabelState)
    FEATURES.fold_label(coerce_label(FEATURES.usecase, label(1, at=START - 7 * DAY - 60)), {"terminal": labels})
    for source, state in (("events#other", other), ("events#backfill", backfill), ("labels#one", labels)):
        table.items[TERMINAL, source] = StoredState(source, encode(state), NO_MARK, 1)
    enrich([record(0, event(3))], function)
    row = parts(function)[1].rows[0]
    assert (row["terminal_count_7d"], row["terminal_fraud_rate_1d"]) == (2.0, 1.0)


@pytest.mark.parametrize(
    ("body", "field", "reason"),
    [
        (b"{", None, "is not JSON"),
        (b"\xff\xfe", None, "is not UTF-8"),
        (b"[]", None, "is not a JSON object"),
        (b'"' + b"x" * 2_000_000 + b'"', None, "is larger than 65536 bytes"),
        ({"timestamp": START}, "event_id", "is missing"),
        (event(1) | {"amount": "12"}, "amount", "is not a number"),
        (event(1) | {"customer_id": ""}, "customer_id", "is empty"),
        (event(1) | {"timestamp": START + CLOCK_SKEW_S + 1}, "timestamp", "lies in the future"),
    ],
)
def test_a_record_that_can_never_be_accepted_is_quarantined_with_its_reason_and_harms_no_neighbour(
    body: bytes | dict[str, object], field: str | None, reason: str
) -> None:
    function = wired()
    bad = record(1, body)
    outcome = enrich([record(0, event(1)), bad, record(2, event(2))], function)
    table, log, store = parts(function)
    assert outcome.failed_from is None
    assert [row["event_id"] for row in log.rows] == ["e000001", "e000002"]
    assert {state.folded for state in table.items.values()} == {2}
    (row,) = store.rows("quarantine/enrichment/dt=2023-11-14/")
    assert (row["field"], row["reason"], row["sequence_number"]) == (field, reason, bad.sequence_number)
    assert base64.b64decode(str(row["data"])) == bad.data


def test_a_batch_of_nothing_but_rubbish_touches_no_state() -> None:
    function = wired()
    assert enrich([record(0, b"x"), record(1, b"y")], function).counts["Quarantined"] == 2
    assert parts(function)[0].reads == 0


@pytest.mark.parametrize("reason", ["no_model", "endpoint_timeout"])
def test_without_an_answering_model_vectors_are_logged_as_degraded_and_the_stream_goes_on(reason: str) -> None:
    error = EndpointError(reason, passing=False)  # type: ignore[arg-type]  # one of the reasons
    function = wired(FakeEndpoint([error]))
    outcome = enrich([record(0, event(1)), record(1, event(2))], function)
    assert outcome.failed_from is None
    assert (outcome.counts["Scored"], outcome.counts["Degraded"]) == (0, 2)
    for row in parts(function)[1].rows:
        assert (row["score"], row["decision"], row["model_version"], row["degraded"]) == (None, None, None, reason)


def test_where_scores_are_not_wanted_vectors_are_logged_without_and_are_not_degraded() -> None:
    function = wired()
    enrich([record(0, event(1))], function)
    row = parts(function)[1].rows[0]
    assert (row["score"], row["degraded"]) == (None, None)


def test_the_endpoint_is_asked_once_per_batch_under_the_events_own_ids() -> None:
    endpoint = FakeEndpoint()
    records = [record(number, event(number)) for number in range(5)]
    enrich(records, wired(endpoint))
    assert endpoint.calls == [(5, "e000000")]


def test_items_live_a_week_longer_than_their_last_window() -> None:
    function = wired()
    enrich([record(0, event(1), arrived_at=START + 100.5)], function)
    assert set(parts(function)[0].expiries.values()) == {START + 100 + (30 + 7 + 7) * DAY}


def test_keys_that_the_use_case_hashes_are_hashed_in_the_lake_and_plain_in_the_state() -> None:
    features = FeatureSet(hashing("customer_id"))
    function = wired(features=features, mask_key=b"k")
    enrich([record(0, event(1))], function)
    assert parts(function)[1].rows[0]["customer_id"] == mask("c1", b"k")
    assert any(key == CUSTOMER for key, _ in parts(function)[0].items)


def test_a_use_case_that_hashes_without_a_key_fails_loudly() -> None:
    with pytest.raises(SettingsError, match="mask key"):
        enrich([record(0, event(1))], wired(features=FeatureSet(hashing("customer_id"))))


def test_a_use_case_without_windows_logs_its_vectors_and_keeps_no_state() -> None:
    entities = tuple(replace(it, snapshot=None) for it in FEATURES.usecase.entities)
    function = wired(features=FeatureSet(replace(FEATURES.usecase, windows=(), expressions=(), entities=entities)))
    assert enrich([record(0, event(1))], function).failed_from is None
    table, log, _ = parts(function)
    assert table.items == {}
    assert [row["event_id"] for row in log.rows] == ["e000001"]


def test_a_hot_entity_whose_state_was_coarsened_is_counted_and_its_neighbours_are_not() -> None:
    function = wired(features=FeatureSet(FEATURES.usecase, newest=2, max_buckets=8))
    hot = [record(n, event(n, at=START + n, customer="hot", terminal=f"t{n}")) for n in range(12)]
    outcome = enrich([*hot, record(12, event(12, customer="cold", terminal="t12"))], function)
    assert (outcome.counts["CoarseStates"], outcome.counts["Stored"]) == (1, 15)
    assert "CoarseStates" not in enrich([record(13, event(13, customer="cold", terminal="t12"))], function).counts
