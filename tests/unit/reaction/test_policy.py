"""The policy refuses what makes no sense by the name of its field, and names only columns that there are."""

from dataclasses import replace
from typing import Any

import pytest
from reaction_cases import USECASE

from headrace.errors import UseCaseError
from headrace.usecase import Reaction


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"notify_from": 0.0}, "reaction.notify_from: is outside 0 to 1"),
        ({"breadth": 1.5}, "reaction.breadth"),
        ({"notify_from": 0.4}, "reaction.retrain_from: is below notify_from"),
        ({"persistence": 0}, "reaction.persistence: is below 1"),
        ({"attempts": 0}, "reaction.attempts"),
        ({"least_labels": -1}, "reaction.least_labels: is negative"),
        ({"weights": {"amount": -1.0}}, r"reaction.weights\[amount\]: is negative"),
        ({"cooldown": "soon"}, "reaction.cooldown: wrong duration"),
        ({"promotion": "sometimes"}, "reaction.promotion: 'sometimes' is unknown"),
        ({"schedule": "every monday"}, "reaction.schedule: is no cron expression"),
    ],
)
def test_a_wrong_policy_is_refused_by_the_name_of_its_field(wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(UseCaseError, match=named):
        Reaction(**wrong)


def test_a_weight_of_a_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(UseCaseError, match=r"reaction.weights: 'amuont' is unknown"):
        replace(USECASE, reaction=Reaction(weights={"amuont": 2.0}))


def test_durations_are_seconds() -> None:
    policy = Reaction(cooldown="6h", attempts_within="7d", watch="1d")
    assert (policy.cooldown_s, policy.attempts_within_s, policy.watch_s) == (21_600, 604_800, 86_400)
