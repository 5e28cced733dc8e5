"""``top``: of a batch the events that score highest, best first; what has no score comes after what has one."""

import json
from dataclasses import replace

import pytest
from lambda_fakes import FakeEndpoint, FakeTable
from shard_records import event

from headrace.features import FeatureSet
from headrace.openapi import document
from headrace.usecase import Api
from lambdas.inference.exchange import Answer, Request
from lambdas.inference.logic import Inference, respond
from lambdas.inference.ranking import best
from lambdas.shared.scoring import Scorer
from usecases import load

FEATURES = FeatureSet(replace(load("fraud"), api=Api(batch_events=5, batch_bytes=65_536)))


def ask(*events: object, top: str | None = None) -> Answer:
    scorer = Scorer(endpoint=FakeEndpoint(), call_s=0.1, deadline_s=1.0, sleep=lambda _: None)
    function = Inference(features=FEATURES, reader=FakeTable(), scorer=scorer)
    query = {} if top is None else {"top": top}
    body = json.dumps({"events": events}).encode()
    return respond(Request("POST", "/predict/batch", "application/json", body, query), function)


def scored(event_id: str, score: float | None) -> dict[str, object]:
    return {"event_id": event_id, "score": score, "degraded": score is None}


def ids(answers: list[dict[str, object]]) -> list[object]:
    return [it.get("event_id") for it in answers]


def test_the_highest_scores_come_first_and_no_more_than_asked_for() -> None:
    answers = [scored("a", 0.1), scored("b", 0.9), scored("c", 0.4)]
    assert ids(best(answers, 2)) == ["b", "c"]
    assert ids(best(answers, 9)) == ["b", "c", "a"]


def test_equal_scores_keep_their_order_and_what_has_none_comes_last() -> None:
    refused: dict[str, object] = {"error": {"field": "amount", "reason": "is below 0"}}
    answers = [refused, scored("none", None), scored("first", 0.5), scored("second", 0.5), scored("worst", 0.0)]
    assert ids(best(answers, 5)) == ["first", "second", "worst", "none", None]


def test_the_api_answers_the_best_of_a_batch_as_it_answers_each_alone() -> None:
    events = [event(number, amount=10.0 * number, customer=f"c{number}") for number in (1, 3, 2)]
    everything = ask(*events).body["answers"]
    assert isinstance(everything, list)
    found = ask(*events, top="2")
    assert found.body["answers"] == best(everything, 2)
    assert found.counts["Events"] == 3, "all of them were scored"


@pytest.mark.parametrize("top", ["0", "6", "-1", "two", "1.5", "", "²", "9" * 5_000])
def test_a_count_that_is_none_is_refused(top: str) -> None:
    answer = ask(event(1), top=top)
    assert (answer.status, answer.body["error"]) == (400, {"field": "top", "reason": "is no whole number from 1 to 5"})


def test_the_document_names_the_parameter_of_batches_only() -> None:
    paths = document(FEATURES.usecase)["paths"]
    names = {path: [it["name"] for it in paths[path]["post"]["parameters"]] for path in ("/predict", "/predict/batch")}
    assert ("top" in names["/predict"], "top" in names["/predict/batch"]) == (False, True)
