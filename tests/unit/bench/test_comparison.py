"""A benchmark's row must say which side is better, whatever its unit counts."""

import pytest

from bench.comparison import Comparison, Effort, medians
from bench.metered import MeteredGroups, size, units


def row(*, ours: float, other: float, goal: float | None = None, less_is_better: bool = False) -> Comparison:
    return Comparison(
        name="n", ours=ours, other=other, other_name="o", unit="u", goal=goal, less_is_better=less_is_better
    )


def test_a_rate_is_better_when_it_is_higher() -> None:
    assert row(ours=30, other=10).ratio == 3


def test_a_cost_is_better_when_it_is_lower() -> None:
    assert row(ours=10, other=30, less_is_better=True).ratio == 3


@pytest.mark.parametrize(("goal", "met"), [(None, None), (2.0, True), (3.5, False)])
def test_a_goal_is_the_ratios_minimum(goal: float | None, met: bool | None) -> None:
    assert row(ours=30, other=10, goal=goal).met is met


def test_a_row_of_the_summary_has_the_agreed_fields_only() -> None:
    assert list(row(ours=1, other=1).row()) == ["name", "ours", "other", "other_name", "unit", "ratio", "goal", "met"]


def test_every_candidate_runs_once_to_warm_up_and_then_in_turn() -> None:
    ran: list[str] = []
    medians((lambda: ran.append("a"), lambda: ran.append("b")), runs=2)
    assert ran == ["a", "b"] * 3


def test_an_effort_never_shrinks_to_nothing() -> None:
    assert Effort(share=0.01).of(10) == 1


def test_request_units_follow_the_bytes_of_an_item() -> None:
    item = {"entity": {"S": "c#1"}, "state": {"B": b"x" * 1020}, "folded": {"N": "12"}}
    assert size(item) == (6 + 3) + (5 + 1020) + (6 + 2)
    assert units(item, 1024) == 2
    assert units({}, 1024) == 1


def test_a_record_of_the_feature_store_costs_a_unit_per_kilobyte_begun() -> None:
    groups = MeteredGroups()
    for length in (1024 - 4, 1024 - 3):
        groups.put_record(FeatureGroupName="g", Record=[{"FeatureName": "name", "ValueAsString": "1" * length}])
    assert (groups.records, groups.write_units) == (2, 1 + 2)
