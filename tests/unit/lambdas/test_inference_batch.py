"""Many events in one request: each event is answered or refused on its own, by one call of the model."""

import json

import pytest
from asked_inference import FRAUD, ask, batch, bodies, wired
from lambda_fakes import FakeClock, FakeEndpoint, FakeTable, Faults
from shard_records import event

from lambdas.inference.tenants import TenantScorers
from lambdas.shared.scoring import EndpointError, Scorer
from lambdas.shared.stream import NO_MARK
from lambdas.shared.window_state import EntityKey, StoredState


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
