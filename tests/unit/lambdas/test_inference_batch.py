"""Many events in one request, and reasons: each event is answered or refused on its own, by one call of the model."""

import json
from dataclasses import replace

import pytest
from lambda_fakes import FakeClock, FakeEndpoint, FakeTable, Faults, event, reasons_of

from headrace.features import FeatureSet
from headrace.usecase import Api
from lambdas.inference.exchange import Answer, Request
from lambdas.inference.logic import Inference, respond
from lambdas.inference.tenants import TenantScorers
from lambdas.shared.scoring import EndpointError, Scored, Scorer
from lambdas.shared.stream import NO_MARK
from lambdas.shared.window_state import EntityKey, StoredState
from usecases import load

FRAUD = load("fraud")
FEATURES = FeatureSet(replace(FRAUD, api=Api(batch_events=5, batch_bytes=65_536)))


def wired(endpoint: FakeEndpoint | None = None, table: FakeTable | None = None) -> Inference:
    scorer = Scorer(endpoint=endpoint or FakeEndpoint(), call_s=0.1, deadline_s=1.0, sleep=lambda _: None)
    return Inference(features=FEATURES, reader=table or FakeTable(), scorer=scorer)


def ask(path: str, body: object, function: Inference | None = None, explain: str | None = None) -> Answer:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    query = {} if explain is None else {"explain": explain}
    return respond(Request("POST", path, "application/json", data, query), function or wired())


def batch(*events: object, function: Inference | None = None, explain: str | None = None) -> Answer:
    return ask("/predict/batch", {"events": events}, function, explain)


def bodies(answer: Answer) -> list[dict[str, object]]:
    found = answer.body["answers"]
    assert isinstance(found, list)
    return found


def test_a_batch_gets_what_each_of_its_events_would_get_alone() -> None:
    events = [event(number, amount=number + 0.5, customer=f"c{number}") for number in range(5)]
    assert bodies(batch(*events)) == [dict(ask("/predict", it).body) for it in events]


def test_a_batch_is_one_read_of_the_state_and_one_call_of_the_model() -> None:
    endpoint, table = FakeEndpoint(), FakeTable()
    batch(*(event(number, customer=f"c{number}") for number in range(5)), function=wired(endpoint, table))
    assert (endpoint.calls, table.reads) == ([(5, "e000000")], 1)


def test_events_of_a_batch_do_not_see_each_other() -> None:
    first, second = event(1, amount=1), event(2, amount=2)
    assert bodies(batch(first, second))[1] == dict(ask("/predict", second).body)


def test_a_wrong_event_is_refused_in_its_place_and_the_others_are_answered() -> None:
    answer = batch(event(1), event(2) | {"amount": -1}, "no event", event(4) | {"colour": "red"}, event(5))
    assert answer.status == 200
    found = bodies(answer)
    assert [it.get("event_id") for it in found] == ["e000001", None, None, None, "e000005"]
    assert [it.get("error") for it in found[1:4]] == [
        {"field": "amount", "reason": "is below 0"},
        {"field": None, "reason": "is not a JSON object"},
        {"field": "colour", "reason": "is not a field of the event"},
    ]
    assert answer.counts == {"Requests": 1, "Events": 5, "Refused": 3, "Scored": 2, "Degraded": 0}


def test_an_event_that_is_not_json_by_itself_does_not_spoil_the_others() -> None:
    twice = b'{"event_id": "a", "event_id": "b"}'
    endless = json.dumps(event(1)).replace("10.0", "NaN").encode()
    whole = b'{"events": [' + b", ".join([twice, endless, json.dumps(event(3)).encode()]) + b"]}"
    found = bodies(ask("/predict/batch", whole))
    assert [it.get("error") for it in found] == [
        {"field": "event_id", "reason": "is there twice"},
        {"field": "amount", "reason": "is not a finite number"},
        None,
    ]


@pytest.mark.parametrize(
    ("body", "status", "field", "reason"),
    [
        (b"{", 400, None, "is not JSON"),
        (b"\xff", 400, None, "is not UTF-8"),
        (b"[" * 10_000, 400, None, "is nested too deeply"),
        ([event(1)], 400, None, "is not a JSON object"),
        ({}, 400, "events", "is missing"),
        ({"events": 1}, 400, "events", "is not a list"),
        ({"events": []}, 400, "events", "is empty"),
        ({"events": [], "event": {}}, 400, "event", "is not a field of the request"),
        (b'{"events": [], "events": []}', 400, "events", "is there twice"),
        ({"events": [event(1)] * 6}, 413, "events", "holds 6 events, and at most 5 are taken"),
        (b" " * 65_537, 413, None, "is larger than 65536 bytes"),
    ],
)
def test_a_batch_that_is_none_is_told_why(body: object, status: int, field: str | None, reason: str) -> None:
    answer = ask("/predict/batch", body)
    assert (answer.status, answer.body) == (status, {"error": {"field": field, "reason": reason}})
    assert answer.counts == {"Requests": 1, "Events": 0, "Refused": 1, "Scored": 0, "Degraded": 0}


def test_without_a_model_every_valid_event_gets_the_fallback() -> None:
    function = wired(FakeEndpoint([EndpointError("endpoint_timeout", passing=False)]))
    answer = batch(event(1), {}, event(3), function=function)
    found = bodies(answer)
    assert [it.get("reason") for it in found] == ["endpoint_timeout", None, "endpoint_timeout"]
    assert {it["decision"] for it in (found[0], found[2])} == {FRAUD.decision.fallback}
    assert (answer.reasons, answer.counts["Degraded"]) == (("endpoint_timeout",), 2)


def test_without_the_state_no_event_of_a_batch_is_scored() -> None:
    answer = batch(event(1), event(2), function=wired(table=FakeTable(Faults(["throttle"]))))
    assert [it["reason"] for it in bodies(answer)] == ["state_error"] * 2


def test_the_damaged_state_of_one_entity_costs_only_its_own_events_their_score() -> None:
    table = FakeTable()
    table.items[EntityKey("customer", "c2"), "events#a"] = StoredState("events#a", b"damaged", NO_MARK, 1)
    found = bodies(batch(*(event(number, customer=f"c{number}") for number in (1, 2, 3)), function=wired(table=table)))
    assert [it.get("reason") for it in found] == [None, "state_error", None]
    assert found[2] == dict(ask("/predict", event(3, customer="c3")).body)


def test_reasons_are_named_only_to_those_who_ask() -> None:
    assert "reasons" not in ask("/predict", event(1)).body
    assert "reasons" not in ask("/predict", event(1), explain="false").body
    found = ask("/predict", event(1), explain="true").body["reasons"]
    states = {"customer": [], "terminal": []}
    vector = FEATURES.vector({**event(1), "timestamp": event(1)["timestamp"]}, states)  # type: ignore[dict-item]  # values
    assert found == list(reasons_of(vector)[:5])
    assert all(len(it["reasons"]) == 5 for it in bodies(batch(event(1), event(2), explain="true")))  # type: ignore[arg-type]  # a list


def test_a_model_that_cannot_say_why_is_no_error() -> None:
    class Silent(FakeEndpoint):
        """Scores, and gives no reasons."""

        def predict(self, vectors, *, ids, explain=0):  # type: ignore[no-untyped-def]  # as its parent
            return [Scored(0.5, "APPROVE", "7")] * len(vectors)

    body = ask("/predict", event(1), wired(Silent()), explain="true").body
    assert (body["score"], body["reasons"]) == (0.5, None)
    assert body["reasons_note"] == "not available: this model cannot say what moved its score"


def test_a_fallback_has_no_reasons_to_name() -> None:
    function = wired(FakeEndpoint([EndpointError("no_model", passing=False)]))
    body = ask("/predict", event(1), function, explain="true").body
    assert (body["reasons"], body["reasons_note"]) == (None, "not available: there is no score")


@pytest.mark.parametrize("path", ["/predict", "/predict/batch"])
def test_a_wish_that_is_neither_true_nor_false_is_refused(path: str) -> None:
    answer = ask(path, {"events": [event(1)]}, explain="yes")
    assert (answer.status, answer.body) == (400, {"error": {"field": "explain", "reason": "is neither true nor false"}})


def test_a_mistake_of_our_own_does_not_cost_the_caller_the_answer_and_says_where_it_is() -> None:
    class Broken(FakeTable):
        """Fails in a way that nobody thought of."""

        def read(self, keys):  # type: ignore[no-untyped-def]  # as its parent
            raise ZeroDivisionError("customer c1 spent 12.50")

    answer = ask("/predict", event(1), wired(table=Broken()))
    assert (answer.status, answer.body["reason"]) == (200, "internal_error")
    assert answer.trouble is not None
    assert answer.trouble.startswith("ZeroDivisionError at ")
    assert answer.trouble.endswith(" read")
    assert "12.50" not in answer.trouble


def test_the_same_request_gets_the_same_answer() -> None:
    function = wired()
    assert ask("/predict", event(1), function) == ask("/predict", event(1), function)


def test_many_tenants_whose_models_are_dead_cost_a_batch_one_deadline() -> None:
    clock, asked = FakeClock(), list[str]()

    class Dead(FakeEndpoint):
        """Takes the whole time of a call, and fails."""

        def predict(self, vectors, *, ids, explain=0):  # type: ignore[no-untyped-def]  # as its parent
            clock.sleep(1.0)
            asked.extend(ids)
            raise EndpointError("endpoint_timeout", passing=True)

    scorers = TenantScorers(
        lambda _: Scorer(endpoint=Dead(), call_s=1.0, deadline_s=2.0, clock=clock, sleep=clock.sleep)
    )
    names = [f"t{number}" for number in range(50)]
    answers = scorers.score(names, [{"amount": 1.0}] * 50, names, explain=0)
    assert {it.degraded for it in answers} == {"endpoint_timeout"}
    assert clock.now <= 2.0
    assert asked == ["t0"]
