"""A batch for an asynchronous endpoint: each event is taken, refused or answered on its own, in place and in time."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from lambda_fakes import Faults
from queued_world import DOCUMENT, USECASE, FakeQueue, ask, wired
from shard_records import event

from headrace.features import Vector
from lambdas.inference.exchange import Answer
from lambdas.inference.logic import Inference
from lambdas.inference.queued import Ticket, name_of
from lambdas.shared.scoring import EndpointError, Scored

MOST = USECASE.api.batch_events


def batch(function: Inference, *events: object, **query: str) -> Answer:
    return ask(function, "POST", "/predict/batch", {"events": events}, **query)


def told(answer: Answer) -> list[dict[str, Any]]:
    found: Any = answer.body["answers"]
    return list(found)


def test_each_event_of_a_batch_is_told_what_it_would_be_told_alone() -> None:
    events = [event(number, amount=number + 0.5) for number in range(5)]
    alone, together = FakeQueue(), FakeQueue()
    answer = batch(wired(together), *events, explain="true")
    function = wired(alone)
    assert told(answer) == [dict(ask(function, "POST", "/predict", it, explain="true").body) for it in events]
    assert together.taken == alone.taken
    assert (answer.status, answer.reasons) == (202, ())
    assert answer.counts == {"Requests": 1, "Events": 5, "Refused": 0, "Scored": 0, "Degraded": 0}


def test_each_result_is_found_by_its_own_id() -> None:
    queue = FakeQueue()
    function = wired(queue)
    paths = [it["result"] for it in told(batch(function, event(1), event(2)))]
    queue.answers["e000002"] = Scored(0.5, "REVIEW", "7")
    states = [ask(function, "GET", path).body["status"] for path in paths]
    assert states == ["pending", "done"]


def test_an_event_that_comes_twice_is_one_request_in_the_first_ones_words() -> None:
    queue = FakeQueue()
    function = wired(queue)
    first, second = event(1, amount=1.5), event(1, amount=2.5)
    answers = told(batch(function, first, event(2), second))
    assert answers[0] == answers[2]
    assert queue.handed == ["e000001", "e000002"]
    assert queue.taken["e000001"][0]["amount"] == 1.5
    assert told(batch(function, second))[0] == answers[0]
    assert queue.taken["e000001"][0]["amount"] == 1.5


def test_a_wrong_event_is_refused_in_its_place_and_the_others_are_taken() -> None:
    queue = FakeQueue()
    answer = batch(wired(queue), event(1), {"amount": 1}, 7, event(2))
    assert [("error" in it, it.get("inference_id")) for it in told(answer)] == [
        (False, "e000001"),
        (True, None),
        (True, None),
        (False, "e000002"),
    ]
    assert (answer.status, answer.counts["Events"], answer.counts["Refused"]) == (202, 4, 2)


class Picky(FakeQueue):
    """Takes no event but the first."""

    def submit(self, name: str, vector: Vector, *, event_id: str, explain: int) -> Ticket:
        self.failure = EndpointError("endpoint_throttled", passing=True) if self.taken else None
        return super().submit(name, vector, event_id=event_id, explain=explain)


def test_what_nobody_takes_has_its_fallback_beside_what_was_taken() -> None:
    answer = batch(wired(Picky()), event(1), event(2), event(3))
    taken, *fallbacks = told(answer)
    assert (answer.status, taken["status"]) == (202, "accepted")
    assert [(it["event_id"], it["degraded"], it["reason"]) for it in fallbacks] == [
        ("e000002", True, "endpoint_throttled"),
        ("e000003", True, "endpoint_throttled"),
    ]
    assert (answer.counts["Degraded"], answer.reasons) == (2, ("endpoint_throttled",))


@pytest.mark.parametrize(
    ("failure", "faults", "reason"),
    [
        (EndpointError("no_model", passing=False), None, "no_model"),
        (None, Faults(["throttle"]), "state_error"),
        (None, Faults(["before"]), "internal_error"),
        (ZeroDivisionError("amount was 420"), None, "internal_error"),
    ],
)
def test_a_batch_of_which_nothing_is_taken_is_answered_at_once(
    failure: Exception | None, faults: Faults | None, reason: str
) -> None:
    answer = batch(wired(FakeQueue(failure=failure), faults), event(1), event(2))
    assert (answer.status, [it["reason"] for it in told(answer)]) == (200, [reason, reason])
    assert (answer.reasons, answer.counts["Degraded"]) == ((reason,), 2)
    assert (answer.trouble is not None) is (reason == "internal_error")
    assert "420" not in str(answer.trouble)


def test_a_batch_without_a_single_event_is_answered_with_what_is_wrong_with_each() -> None:
    answer = batch(wired(FakeQueue()), {}, [])
    assert (answer.status, answer.counts["Refused"], len(told(answer))) == (200, 2, 2)


class Slow(FakeQueue):
    """Takes the first event at once and the others when it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.free = threading.Event()

    def submit(self, name: str, vector: Vector, *, event_id: str, explain: int) -> Ticket:
        if name != "e000001":
            self.free.wait(5)
        return super().submit(name, vector, event_id=event_id, explain=explain)


def test_nobody_waits_longer_than_the_deadline_and_what_is_sent_again_is_the_same_request() -> None:
    queue, events = Slow(), [event(number) for number in (1, 2, 3)]
    with ThreadPoolExecutor(2) as executor:
        function = wired(queue, executor=executor)
        answers = told(batch(function, *events))
        assert [it.get("reason", it.get("status")) for it in answers] == ["accepted"] + ["endpoint_timeout"] * 2
        queue.free.set()
        assert [it["status"] for it in told(batch(function, *events))] == ["accepted"] * 3
    assert sorted(queue.taken) == ["e000001", "e000002", "e000003"]


def test_a_batch_is_bounded_and_cannot_be_ranked() -> None:
    function = wired(FakeQueue())
    assert batch(function).status == 400
    assert batch(function, *[event(it) for it in range(MOST + 1)]).status == 413
    ranked = batch(function, event(1), top="1")
    assert (ranked.status, ranked.body["error"]) == (
        400,
        {"field": "top", "reason": "needs scores, and they come later: leave it out"},
    )
    named = {it["name"] for it in DOCUMENT["paths"]["/predict/batch"]["post"]["parameters"]}
    assert named == {"x-correlation-id", "explain"}


def test_ids_that_cannot_stand_in_a_path_are_hashed_each() -> None:
    events = [{**event(1), USECASE.event.id: it} for it in ("a/b", "batch")]
    assert [it["inference_id"] for it in told(batch(wired(FakeQueue()), *events))] == [name_of("a/b"), name_of("batch")]
