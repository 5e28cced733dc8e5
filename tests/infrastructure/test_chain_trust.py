"""The chain under every fault: each call of each function, each task of the machine, aborts, bad models, all of it."""

import itertools
import random
from collections.abc import Iterator

import pytest
from chain_story import Ending, Story, live
from fault_injection import KINDS, Fault, Injector
from synthesized import Synthesized

pytestmark = [
    pytest.mark.trust,
    pytest.mark.timeout(1_800),
    pytest.mark.filterwarnings("ignore:No application metrics to publish"),
    pytest.mark.usefixtures("struck_clients", "socket_disabled"),
]
KILLS = ("crash before", "crash after")
SHUFFLES, MONKEYS = 200, 200
OFTEN = 0.06
"""How many of its calls a function does not survive when everything goes wrong at once."""
LEFT_OVER = ("lock", "running", "open", "undecided", "unheard", "unfiled", "dead")
"""Facts that have to be empty however a training ends."""


class Monkey(Injector):
    """Kills the functions at random calls of one run."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._random = random.Random(seed)  # noqa: S311  # a choice, not a secret

    def strikes(self, name: str) -> str:
        """See ``Injector``."""
        super().strikes(name)
        if not self.active or self._random.random() >= OFTEN:
            return ""
        self.struck += 1
        return self._random.choice(KILLS)


def calm(local: Synthesized, seed: int = 0, *, bad_model: bool = False) -> Ending:
    return live(local, Story(kind="shuffled", seed=seed, bad_model=bad_model))


def struck_at_each_call(
    local: Synthesized, told: str, kind: str, *, seed: int = 0, bad_model: bool = False
) -> Iterator[tuple[Injector, Ending]]:
    """A story per call, the first to the last, in which a fault strikes it."""
    for number in itertools.count():
        injector = Injector(Fault(kind, number))
        ending = live(local, Story(kind=told, seed=seed, injector=injector, bad_model=bad_model))
        if not injector.struck:
            assert number == len(ending.calls) > 0  # it came to its end without another call
            return
        yield injector, ending


def test_any_order_of_doubled_events(local: Synthesized) -> None:
    for seed in range(SHUFFLES):
        ending = calm(local, seed)
        assert ending.found == ending.promised, seed


@pytest.mark.parametrize("seed", range(3))
def test_a_function_dies_before_and_after_each_of_its_calls(local: Synthesized, seed: int) -> None:
    for kind in KILLS:
        for injector, ending in struck_at_each_call(local, "killed at a call", kind, seed=seed):
            assert ending.found == ending.promised, injector.fault


@pytest.mark.parametrize("kind", [it for it in KINDS if it not in KILLS])
def test_each_call_fails_once(local: Synthesized, kind: str) -> None:
    for injector, ending in struck_at_each_call(local, "a call fails", kind):
        assert ending.found == ending.promised, injector.fault


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_each_task_of_the_machine_fails_once(local: Synthesized, after: bool) -> None:
    for state in calm(local).states:
        for seed in range(5):
            ending = live(local, Story(kind="a task fails", seed=seed, broken=[state], after=after))
            assert not ending.unbroken
            assert ending.found == ending.promised, (state, seed)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_all_tasks_fail_once_while_functions_die_again_and_again(local: Synthesized, after: bool) -> None:
    states, kills = calm(local).states, 0
    for seed in range(MONKEYS // 2):
        monkey = Monkey(seed)
        story = Story(kind="all at once", seed=seed, injector=monkey, broken=states, after=after)
        ending = live(local, story)
        kills += monkey.struck
        assert not ending.unbroken
        assert ending.found == ending.promised, seed
    assert kills > MONKEYS


def differing(ending: Ending) -> Iterator[str]:
    """Names of facts that are not as promised."""
    return (name for name, value in ending.found.items() if value != ending.promised[name])


def test_somebody_aborts_the_training_in_any_of_its_states(local: Synthesized) -> None:
    for state in calm(local).states:
        for seed in range(5):
            ending = live(local, Story(kind="aborted", seed=seed, aborts=state))
            found = ending.found
            assert not any(found[name] for name in LEFT_OVER), (state, seed, found)
            assert max(found["trainings"], len(found["promotions"])) <= 1
            told = state == "Tell" or (state == "Claim" and found["trainings"])  # a copy had claimed the request
            said = "succeeded" if told else "aborted"
            assert found["outcomes"][0].startswith(said), (state, seed, found)
            assert found["serves"] == found["approved"][-1]


def test_a_bad_model_goes_back_once_whatever_dies_meanwhile(local: Synthesized) -> None:
    expected = calm(local, bad_model=True)
    assert set(differing(expected)) == {"serves", "approved"}
    assert expected.found["serves"] == expected.found["approved"][-1]
    for kind in KILLS:
        for injector, ending in struck_at_each_call(local, "bad model", kind, bad_model=True):
            assert ending.found == expected.found, injector.fault
