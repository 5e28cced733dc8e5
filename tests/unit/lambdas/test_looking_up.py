"""Stream, lake and request see the same looked-up values; a store that fails costs none of them an event."""

import base64
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from enriching import parts
from lambda_fakes import FakeEndpoint, FakeLog, FakeStore, FakeTable
from shard_records import START, event, record
from surrounded import KNOWN, USECASE, FakeReadings, looking_up

from headrace.errors import HeadraceError, RetryableError
from headrace.features import FeatureSet
from headrace.lookups import LookupKey
from lambdas.delivery_transform.logic import Delivery, transform
from lambdas.enrichment.logic import Enrichment, enrich
from lambdas.inference.exchange import Request
from lambdas.inference.logic import Inference, respond
from lambdas.inference.surroundings import Surroundings
from lambdas.shared.breaker import Breaker
from lambdas.shared.failures import DependencyError
from lambdas.shared.guarded import GuardedReadings
from lambdas.shared.scoring import Scorer

FEATURES = FeatureSet(USECASE)
WHOLE = {"degrees": -1.0, "rain": 0, "segment": "old"}
DOWN = [RetryableError("slow down"), DependencyError("denied")]


def _enrichment(store: FakeReadings) -> Enrichment:
    table = FakeTable()
    return Enrichment(
        features=FEATURES,
        reader=table,
        writer=table,
        log=FakeLog(),
        quarantine=FakeStore(),
        scorer=None,
        lookups=looking_up(store),
    )


def _delivered(store: FakeReadings, *events: Mapping[str, object]) -> tuple[list[dict[str, object] | str], dict]:
    deliveries = [Delivery(f"id{number}", record(number, it)) for number, it in enumerate(events)]
    answers, counts = transform(deliveries, USECASE, lookups=looking_up(store))
    return [json.loads(base64.b64decode(it.data)) if it.data else it.result for it in answers], counts


def _inference(store: FakeReadings, patience_s: float = 5.0) -> Inference:
    guarded = replace(looking_up(store), store=GuardedReadings(store, Breaker()))
    return Inference(
        features=FEATURES,
        reader=FakeTable(),
        scorer=Scorer(endpoint=FakeEndpoint(), call_s=0.1, deadline_s=1.0, sleep=lambda _: None),
        surroundings=Surroundings(guarded, executor=ThreadPoolExecutor(1), patience_s=patience_s),
    )


def _answers(function: Inference, events: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
    body = json.dumps({"events": events}).encode()
    found = respond(Request("POST", "/predict/batch", "application/json", body, {}), function).body["answers"]
    assert isinstance(found, list)
    return found


def test_stream_lake_and_request_value_an_event_with_what_held_at_its_time() -> None:
    function, store = _enrichment(FakeReadings()), FakeReadings()
    assert enrich([record(1, event(1))], function).failed_from is None
    (row,), counts = _delivered(store, event(1))
    assert isinstance(row, dict)
    assert parts(function)[1].rows[0]["degrees"] == row["degrees"] == 3.5
    assert (row["rain"], row["segment"], counts["NotLookedUp"]) == (2, "new", 0)
    (valued,) = _inference(FakeReadings()).predictor.valued([{**event(1), **dict.fromkeys(WHOLE)}])
    assert valued.vector is not None
    assert (valued.vector["degrees"], valued.degraded) == (3.5, None)


def test_a_value_that_is_out_of_date_is_missing_and_one_without_age_still_holds() -> None:
    (row,), _ = _delivered(FakeReadings(), event(1, at=START + 3_600))
    assert isinstance(row, dict)
    assert (row["degrees"], row["rain"], row["segment"]) == (None, None, "new")


def test_each_key_is_read_once_per_batch_and_none_if_the_events_bring_everything() -> None:
    store = FakeReadings()
    _delivered(store, event(1), event(2), event(3, terminal="t2"), event(4) | WHOLE)
    assert store.asked == [[*KNOWN, LookupKey("weather", "t2")]]
    rows, _ = _delivered(store, event(5) | WHOLE)
    assert isinstance(rows[0], dict)
    assert (rows[0]["degrees"], len(store.asked)) == (-1.0, 1)


def test_enrichment_tries_a_batch_again_whose_look_ups_cannot_be_read_now() -> None:
    store = FakeReadings(failure=DOWN[0])
    function, records = _enrichment(store), [record(1, event(1)), record(2, event(2))]
    outcome = enrich(records, function)
    assert (outcome.failed_from, outcome.problem) == (records[0].mark, "slow down")
    table, log, _ = parts(function)
    assert (log.rows, table.items) == ([], {})
    store.failure = None
    assert enrich(records, function).failed_from is None
    assert [row["degrees"] for row in log.rows] == [3.5, 3.5]


def test_a_refusal_for_good_fails_the_batch_so_that_lambda_bisects_and_keeps_it() -> None:
    with pytest.raises(DependencyError, match="denied"):
        enrich([record(1, event(1))], _enrichment(FakeReadings(failure=DOWN[1])))


@pytest.mark.parametrize("failure", DOWN)
def test_the_lake_takes_no_row_that_is_silently_without_its_look_ups(failure: HeadraceError) -> None:
    rows, counts = _delivered(FakeReadings(failure=failure), event(1), event(2) | WHOLE, {"no": "event"})
    assert rows[0] == rows[2] == "ProcessingFailed"
    assert isinstance(rows[1], dict)
    assert counts == {"Records": 3, "Rejected": 1, "Overflowed": 0, "NotLookedUp": 1}


@pytest.mark.parametrize("failure", DOWN)
def test_a_request_is_scored_without_what_cannot_be_looked_up_and_says_so(failure: HeadraceError) -> None:
    function = _inference(FakeReadings(failure=failure))
    poorer, whole = _answers(function, [event(1), event(2) | WHOLE])
    assert (poorer["degraded"], poorer["reason"]) == (True, "lookup_error")
    assert isinstance(poorer["score"], float)
    assert poorer["decision"]
    assert (whole["degraded"], "reason" in whole) == (False, False)


def test_a_store_that_keeps_failing_is_left_alone_for_a_while() -> None:
    store = FakeReadings(failure=DOWN[0])
    function = _inference(store)
    for _ in range(20):
        assert _answers(function, [event(1)])[0]["reason"] == "lookup_error"
    assert len(store.asked) < 20


def test_a_request_does_not_wait_for_a_store_that_takes_too_long() -> None:
    store, pool = FakeReadings(), ThreadPoolExecutor(1)
    surroundings = Surroundings(looking_up(store), executor=pool, patience_s=0.0)
    asleep = pool.submit(lambda: __import__("threading").Event().wait(0.2))
    given = [{**event(1), **dict.fromkeys(WHOLE)}]
    found = surroundings.end(surroundings.begin(given), given)
    assert (found.events, found.poorer) == (given, [True])
    asleep.result()
