"""Circuit breakers: a dead dependency is left alone, probed, and trusted again."""

from collections.abc import Iterable

import pytest
from lambda_fakes import FakeClock, FakeEndpoint

from headrace.errors import RetryableError
from headrace.features import Vector
from lambdas.shared.breaker import Breaker
from lambdas.shared.failures import DependencyError
from lambdas.shared.guarded import GuardedEndpoint, GuardedStates
from lambdas.shared.scoring import EndpointError, Scorer
from lambdas.shared.window_state import EntityKey, Stored

VECTORS: list[Vector] = [{"amount": 1.0}]
KEYS = [EntityKey("customer", "c1")]


def breaker(clock: FakeClock) -> Breaker:
    return Breaker(failures=3, first_pause_s=1.0, longest_pause_s=3.0, clock=lambda: clock.now, spread=lambda: 1.0)


class Table:
    """A state table that is throttled while ``down``."""

    def __init__(self) -> None:
        self.down, self.reads = True, 0

    def read(self, keys: Iterable[EntityKey]) -> Stored:
        self.reads += 1
        if self.down:
            raise RetryableError("reading window state: throttled")
        return {}


def failing(count: int) -> FakeEndpoint:
    return FakeEndpoint([EndpointError("endpoint_timeout", passing=True)] * count)


def test_a_dead_endpoint_is_not_called_any_more_and_the_reason_stays() -> None:
    endpoint, clock = failing(100), FakeClock()
    scorer = Scorer(
        endpoint=GuardedEndpoint(endpoint, breaker(clock)), call_s=0.1, deadline_s=0.1, clock=clock, sleep=clock.sleep
    )
    reasons = [scorer.score(VECTORS, ["e1"])[0].degraded for _ in range(50)]
    assert reasons == ["endpoint_timeout"] * 50
    assert len(endpoint.calls) == 3


def test_an_open_breaker_does_not_let_the_scorer_wait_for_its_deadline() -> None:
    endpoint, clock = failing(100), FakeClock()
    guarded = GuardedEndpoint(endpoint, breaker(clock))
    scorer = Scorer(endpoint=guarded, call_s=0.1, deadline_s=0.9, clock=clock, sleep=clock.sleep)
    scorer.score(VECTORS, ["e1"])
    opened = clock.now
    scorer.score(VECTORS, ["e2"])
    assert clock.now == opened


def test_one_probe_after_the_pause_closes_it_again() -> None:
    endpoint, clock = failing(3), FakeClock()
    guarded = GuardedEndpoint(endpoint, breaker(clock))
    for _ in range(4):
        with pytest.raises(EndpointError):
            guarded.predict(VECTORS, ids=["e1"])
    clock.sleep(1.0)
    assert guarded.predict(VECTORS, ids=["e1"])[0].score is not None
    assert guarded.predict(VECTORS, ids=["e1"])[0].score is not None
    assert len(endpoint.calls) == 5


def test_each_failed_probe_doubles_the_pause_up_to_the_longest() -> None:
    clock = FakeClock()
    it = breaker(clock)
    for _ in range(3):
        it.failed("endpoint_timeout")
    for pause_s in (1.0, 2.0, 3.0, 3.0):
        clock.sleep(pause_s - 0.01)
        assert it.refusal == "endpoint_timeout"
        clock.sleep(0.01)
        assert it.refusal is None
        it.failed("endpoint_timeout")


def test_failures_that_are_not_in_a_row_do_not_open_it() -> None:
    it = breaker(FakeClock())
    for _ in range(10):
        it.failed("endpoint_timeout")
        it.failed("endpoint_timeout")
        it.succeeded()
    assert it.refusal is None


def test_a_model_that_refuses_one_request_is_asked_the_next() -> None:
    endpoint = FakeEndpoint([EndpointError("endpoint_error", passing=False)] * 10)
    guarded = GuardedEndpoint(endpoint, breaker(FakeClock()))
    for _ in range(10):
        with pytest.raises(EndpointError):
            guarded.predict(VECTORS, ids=["e1"])
    assert guarded.predict(VECTORS, ids=["e1"])[0].score is not None


def test_a_missing_model_is_not_asked_for_by_every_request() -> None:
    endpoint = FakeEndpoint([EndpointError("no_model", passing=False)] * 10)
    guarded = GuardedEndpoint(endpoint, breaker(FakeClock()))
    for _ in range(10):
        with pytest.raises(EndpointError, match="no_model"):
            guarded.predict(VECTORS, ids=["e1"])
    assert len(endpoint.calls) == 3


def test_a_throttled_table_is_left_alone_and_read_again_when_it_recovers() -> None:
    table, clock = Table(), FakeClock()
    states = GuardedStates(table, breaker(clock))
    for _ in range(3):
        with pytest.raises(RetryableError):
            states.read(KEYS)
    for _ in range(20):
        with pytest.raises(DependencyError, match=r"paused.*throttled"):
            states.read(KEYS)
    assert table.reads == 3
    table.down = False
    clock.sleep(1.0)
    assert states.read(KEYS) == {}
    assert table.reads == 4


def test_a_missing_model_is_found_soon_after_the_first_one_is_in_service() -> None:
    """Asking costs nothing, so the pause does not grow however long the first model takes."""
    clock = FakeClock()
    endpoint = FakeEndpoint([EndpointError("no_model", passing=False)] * 100)
    scorer = Scorer(
        endpoint=GuardedEndpoint(endpoint, breaker(clock)), call_s=0.1, deadline_s=0.1, clock=clock, sleep=clock.sleep
    )
    while endpoint.failures:
        assert scorer.score(VECTORS, ["e1"])[0].degraded == "no_model"
        clock.sleep(0.5)
    in_service = clock.now
    while scorer.score(VECTORS, ["e1"])[0].degraded:
        clock.sleep(0.1)
    assert clock.now - in_service <= 1.0


def test_a_dependency_that_said_no_at_once_starts_with_short_pauses_when_it_goes_silent() -> None:
    clock = FakeClock()
    it = breaker(clock)
    for _ in range(20):
        it.failed("no_model", cheap=True)
    it.failed("endpoint_timeout")
    clock.sleep(1.0)
    assert it.refusal is None
    it.failed("endpoint_timeout")
    clock.sleep(1.0)
    assert it.refusal == "endpoint_timeout"
