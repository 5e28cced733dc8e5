"""Scores within a deadline: what is retried, what is given up, and how vectors are cut into calls."""

import pytest
from lambda_fakes import FakeClock, FakeEndpoint

from headrace.inference_id import inference_id
from lambdas.shared.scoring import EndpointError, Scored, Scorer

VECTORS = [{"amount": float(number)} for number in range(3)]
IDS = ["a", "b", "c"]


def scorer(endpoint: FakeEndpoint | None, *, call_s: float = 1.0, deadline_s: float = 3.0) -> tuple[Scorer, FakeClock]:
    clock = FakeClock()
    return Scorer(endpoint=endpoint, call_s=call_s, deadline_s=deadline_s, clock=clock, sleep=clock.sleep), clock


def test_all_vectors_of_a_batch_go_in_one_call_under_the_first_id() -> None:
    endpoint = FakeEndpoint()
    answers = scorer(endpoint)[0].score(VECTORS, IDS)
    assert endpoint.calls == [(3, "a")]
    assert [answer.degraded for answer in answers] == [None] * 3


def test_calls_stay_below_the_size_that_sagemaker_takes() -> None:
    endpoint = FakeEndpoint()
    wide = [{f"feature_{number:060}": 1.0 for number in range(200)}] * 700
    scorer(endpoint)[0].score(wide, [str(number) for number in range(700)])
    assert endpoint.calls == [(274, "0"), (274, "274"), (152, "548")]


def test_a_large_batch_of_small_vectors_is_cut_by_count() -> None:
    endpoint = FakeEndpoint()
    scorer(endpoint)[0].score(VECTORS[:1] * 2_500, [str(number) for number in range(2_500)])
    assert [size for size, _ in endpoint.calls] == [1_000, 1_000, 500]


def test_a_passing_failure_is_asked_again_within_the_deadline() -> None:
    endpoint = FakeEndpoint([EndpointError("endpoint_throttled", passing=True)] * 2)
    made, clock = scorer(endpoint)
    assert made.score(VECTORS, IDS)[0].degraded is None
    assert len(endpoint.calls) == 3
    assert clock.now == pytest.approx(0.15)


def test_no_call_starts_that_could_end_after_the_deadline() -> None:
    endpoint = FakeEndpoint([EndpointError("endpoint_throttled", passing=True)] * 100)
    made, clock = scorer(endpoint, call_s=1.0, deadline_s=1.5)
    assert made.score(VECTORS, IDS) == [Scored(degraded="endpoint_throttled")] * 3
    assert clock.now <= 0.8
    assert len(endpoint.calls) == 4


def test_the_first_call_is_made_even_if_it_may_take_the_whole_time() -> None:
    endpoint = FakeEndpoint()
    assert scorer(endpoint, call_s=3.0, deadline_s=3.0)[0].score(VECTORS, IDS)[0].degraded is None
    endpoint = FakeEndpoint([EndpointError("endpoint_throttled", passing=True)])
    assert scorer(endpoint, call_s=3.0, deadline_s=3.0)[0].score(VECTORS, IDS)[0].degraded == "endpoint_throttled"


def test_a_lasting_failure_is_not_asked_again() -> None:
    endpoint = FakeEndpoint([EndpointError("no_model", passing=False)])
    assert scorer(endpoint)[0].score(VECTORS, IDS) == [Scored(degraded="no_model")] * 3
    assert len(endpoint.calls) == 1


def test_once_the_deadline_has_passed_later_calls_are_not_made() -> None:
    class Slow(FakeEndpoint):
        """Takes the whole time for its first call."""

        def predict(self, vectors, *, ids, explain=0):  # type: ignore[no-untyped-def]  # as its parent
            clock.now += 3.0
            return super().predict(vectors, ids=ids, explain=explain)

    endpoint = Slow()
    made, clock = scorer(endpoint)
    answers = made.score(VECTORS[:1] * 1_500, ["x"] * 1_500)
    assert len(endpoint.calls) == 1
    assert [answers[0].degraded, answers[-1].degraded] == [None, "endpoint_timeout"]


def test_without_an_endpoint_there_is_no_model_and_without_vectors_no_call() -> None:
    assert scorer(None)[0].score(VECTORS, IDS) == [Scored(degraded="no_model")] * 3
    endpoint = FakeEndpoint()
    assert scorer(endpoint)[0].score([], []) == []
    assert endpoint.calls == []


@pytest.mark.parametrize("event_id", ["tx-1", "x" * 64, "a b"])
def test_an_event_id_that_sagemaker_takes_is_the_inference_id(event_id: str) -> None:
    assert inference_id(event_id) == event_id


@pytest.mark.parametrize("event_id", ["x" * 65, "ü", " x", "x ", "a\u007fb"])
def test_any_other_event_id_is_hashed_into_one_that_it_takes(event_id: str) -> None:
    hashed = inference_id(event_id)
    assert len(hashed) == 64
    assert hashed.isalnum()
    assert hashed != inference_id(event_id + "x")


def test_scorers_that_share_a_deadline_start_no_call_that_could_end_after_it() -> None:
    endpoint = FakeEndpoint()
    made, clock = scorer(endpoint, call_s=1.0)
    assert made.score(VECTORS, IDS, until=1.0)[0].degraded is None
    clock.sleep(0.1)
    assert made.score(VECTORS, IDS, until=1.0) == [Scored(degraded="endpoint_timeout")] * 3
    assert len(endpoint.calls) == 1
