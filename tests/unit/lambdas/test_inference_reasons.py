"""Reasons of a score: named only to those who ask, and no error where there are none."""

import pytest
from asked_inference import FEATURES, ask, batch, bodies, wired
from lambda_fakes import FakeEndpoint, reasons_of
from shard_records import event

from lambdas.shared.scoring import EndpointError, Scored


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
