"""From drift to another model in force, chained, twice and shuffled, killed and failing: once, and all is recorded.

A short profile; ``make test-trust`` takes every call, every task, and many orders.
"""

from dataclasses import replace

import pytest
from aws_lambda_powertools import Metrics
from chain_story import Story, live
from fault_injection import Fault, Injector
from synthesized import Synthesized

pytestmark = [
    pytest.mark.filterwarnings("ignore:No application metrics to publish"),
    pytest.mark.usefixtures("struck_clients", "socket_disabled"),
]
CALM = Story(kind="shuffled", seed=0)


@pytest.mark.parametrize("seed", range(8))
def test_everything_twice_and_shuffled_leads_to_one_training_and_one_promotion(local: Synthesized, seed: int) -> None:
    ending = live(local, replace(CALM, seed=seed, injector=Injector()))
    assert ending.found == ending.promised


def test_what_alarmed_during_a_rollout_costs_no_other_model_whenever_the_wish_arrives(local: Synthesized) -> None:
    refused = []
    for seed in range(24):
        found = live(local, Story(kind="a late wish", seed=seed, bad_next=True)).found
        assert found["serves"] == found["approved"][-1] == found["promotions"][0], seed
        assert not any(found[name] for name in ("running", "open", "undecided", "unheard", "unfiled", "dead")), seed
        refused += found["returns"]
    assert any("during a rollout" in it for it in refused)
    assert any("a rollout ended as UPDATE_ROLLBACK_COMPLETE" in it for it in refused)
    assert all(it.startswith("refused ") for it in refused)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_every_task_of_the_machine_fails_once(local: Synthesized, after: bool) -> None:
    states = live(local, replace(CALM, injector=Injector())).states
    ending = live(local, Story(kind="broken", seed=1, broken=states, after=after))
    assert len(states) > 12
    assert not ending.unbroken
    assert ending.found == ending.promised


@pytest.mark.parametrize("kind", ["crash before", "crash after"])
def test_a_function_dies_at_one_of_its_calls(local: Synthesized, kind: str) -> None:
    calls = live(local, replace(CALM, injector=Injector())).calls
    for number in range(0, len(calls), 9):
        injector = Injector(Fault(kind, number))
        ending = live(local, Story(kind="killed", seed=0, injector=injector))
        assert injector.struck == 1
        assert ending.found == ending.promised, (number, calls[number])


def test_what_a_function_of_another_stage_counted_changes_no_story(local: Synthesized) -> None:
    calm = live(local, replace(CALM, injector=Injector()))
    Metrics().set_default_dimensions(UseCase="fraud", Stage="of another test")
    assert live(local, replace(CALM, injector=Injector())).calls == calm.calls


def test_a_machine_that_does_not_claim_its_requests_is_noticed(local: Synthesized) -> None:
    found = [live(local, Story(kind="careless", seed=seed, forgets="Claim")).found for seed in range(4)]
    assert max(it["trainings"] for it in found) > 1
