"""Every AWS call of every function and job fails once in every way, and afterwards the stores are as if none had."""

import os
from collections.abc import Iterator

import fault_injection
import pytest
import tally
from fault_injection import KINDS, Fault, Injector
from fault_table import SCENARIOS, Scenario

QUIET = "ignore:No application metrics to publish"
pytestmark = [pytest.mark.trust, pytest.mark.timeout(1_800), pytest.mark.filterwarnings(QUIET)]
SHORT = os.environ.get("HEADRACE_TRUST") == "short"
"""Every call fails, but each in one way only; the ways take turns."""


@pytest.fixture(autouse=True, scope="module")
def struck() -> None:
    """Clients that are made from here on can be made to fail."""
    fault_injection.prepare()


def kinds_of(number: int) -> Iterator[str]:
    yield from (KINDS[number % len(KINDS)],) if SHORT else KINDS


@pytest.mark.parametrize("name", SCENARIOS)
def test_no_fault_of_any_call_leaves_a_trace(name: str) -> None:
    scenario: Scenario = SCENARIOS[name]
    expected, calm = scenario(Injector()), Injector()
    assert scenario(calm) == expected, "the scenario itself is not repeatable"
    tally.calls[name] = len(calm.calls)
    left = []
    for number, call in enumerate(calm.calls):
        for kind in kinds_of(number):
            injector = Injector(Fault(kind, number))
            found = scenario(injector)
            assert injector.struck == 1, f"{kind} of call {number}, {call}, never struck"
            tally.injected[name, kind] += 1
            tally.survived[name, kind] += found == expected
            if found != expected:
                left.append((number, call, kind, [fact for fact in expected if found[fact] != expected[fact]]))
    assert not left


def test_the_injector_notices_a_lost_effect() -> None:
    scenario = SCENARIOS["ground_truth"]
    calm = Injector()
    expected = scenario(calm)
    lost = Injector(Fault("throttle", operation="s3:PutObject"))
    assert scenario(lost) != expected
    assert lost.struck > 1
