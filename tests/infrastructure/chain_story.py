"""One story of the chain: hours of drift, told twice and shuffled, while calls fail, functions die and tasks break."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from chain_audit import Facts, facts, promised
from chain_world import Chain
from fault_injection import Injector
from reaction_world import drift
from synthesized import Synthesized

HOURS = (1, 2, 3, 4)
"""Of drift; three are enough for a training."""
lived: Counter[str] = Counter()
"""How many stories of each kind this process has lived through."""


@dataclass(frozen=True, kw_only=True)
class Story:
    """What goes wrong.

    Attributes:
        kind: what the story is about, for the count.
        seed: of the order in which things arrive.
        injector: faults of the functions' calls.
        broken: states of the machine whose task fails once.
        after: whether those tasks act before they fail.
        aborts: the state in which somebody stops the execution; empty if nobody does.
        forgets: a state of the machine whose condition is taken away, to see that somebody notices.
        bad_model: whether the new model's rollout is rolled back by its alarms.
        bad_next: whether, when all is over, one more model is approved, whose rollout alarms and is rolled back.
    """

    kind: str
    seed: int
    injector: Injector = field(default_factory=Injector)
    broken: Sequence[str] = ()
    after: bool = False
    aborts: str = ""
    forgets: str = ""
    bad_model: bool = False
    bad_next: bool = False


@dataclass(frozen=True, kw_only=True)
class Ending:
    """The stores after a story, what they should hold, and what was called and entered on the way."""

    found: Facts
    promised: Facts
    calls: Sequence[str]
    states: Sequence[str]
    unbroken: Sequence[str]


def live(stage: Synthesized, story: Story) -> Ending:
    """From the first window to the last consequence."""
    lived[story.kind] += 1
    with pytest.MonkeyPatch.context() as patch:
        chain = Chain(stage, patch.setattr, seed=story.seed, injector=story.injector)
        chain.machine.fails.update(dict.fromkeys(story.broken, 1))
        chain.machine.after, chain.machine.aborts = story.after, story.aborts
        if story.forgets:
            chain.machine.forget(story.forgets)
        if story.bad_model:
            chain.models.failing.add(2)
        for hour in HOURS:
            chain.window(hour, drift("amount", 0.4))
        chain.settle()
        if story.bad_next:
            chain.approve_a_bad_one()
            chain.settle()
        return Ending(
            found=facts(chain),
            promised=promised(chain, windows=len(HOURS)),
            calls=chain.injector.calls,
            states=list(dict.fromkeys(chain.machine.entered)),
            unbroken=[name for name, left in chain.machine.fails.items() if left],
        )
