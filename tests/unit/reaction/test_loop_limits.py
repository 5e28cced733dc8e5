"""By property: however windows come, doubled, shuffled or all bad, trainings stay within their limits."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from reaction_cases import DAY, START, USECASE, react, usecase, window

from headrace.events import RetrainingFinished
from headrace.reaction import Memory, Moment, on_finding, on_finished

DISTANCES = st.dictionaries(st.sampled_from(["amount", "hour", "is_night"]), st.sampled_from([0.05, 0.2, 0.35, 0.8]))
KINDS = st.sampled_from(["data_quality", "model_quality", "attribution", "bias"])
WINDOWS = st.lists(st.tuples(st.integers(0, 60), DISTANCES, KINDS), max_size=60)


def finished(memory: Memory) -> Memory:
    """Trainings that end at once, so that none holds back the next."""
    event = RetrainingFinished(
        usecase="fraud", stage="dev", at="2026-01-01T00:00:00Z", request_id=memory.running, trigger="drift",
        outcome="succeeded", execution_arn="arn",
    )  # fmt: skip
    return on_finished(memory, event)[0]


def nearly(seconds: int) -> int:
    """A duration to the nearest window of a day, and never less than half of it."""
    return seconds - min(DAY, seconds) // 2


@settings(deadline=None)
@given(WINDOWS, st.integers(1, 3), st.integers(1, 4), st.sampled_from(["1h", "1d", "3d"]))
def test_trainings_stay_within_budget_cooldown_and_attempts(
    found: list[tuple[int, dict[str, float], str]], budget: int, attempts: int, cooldown: str
) -> None:
    case = usecase(
        daily_budget=budget, attempts=attempts, cooldown=cooldown, persistence=1, quality_persistence=1,
        least_labels=0, least_positives=0,
    )  # fmt: skip
    memory, asked = Memory(), []
    for number, (hours, distances, kind) in enumerate(found):
        it = replace(window(0, distances, kind=kind), at=START + hours * 7_200)
        at = Moment(id=str(number), at=START + number * 5_000)
        memory, decision = on_finding(memory, it, case, at)
        if decision.action == "retrain":
            asked.append(at.at)
        memory = finished(memory)
    gaps = [later - earlier for earlier, later in pairwise(asked)]
    assert all(it >= nearly(case.reaction.cooldown_s) for it in gaps)
    for at in asked:
        assert sum(at - nearly(DAY) < it <= at for it in asked) <= budget
        assert sum(at - nearly(case.reaction.attempts_within_s) < it <= at for it in asked) <= attempts


@settings(deadline=None)
@given(st.permutations([1, 2, 3, 4] * 2))
def test_windows_that_come_twice_and_in_any_order_lead_to_one_training(order: list[int]) -> None:
    hourly = {number: replace(window(0, {"amount": 0.4}), at=START + number * 3_600) for number in order}
    _, decisions = react(*(hourly[number] for number in order))
    assert [it.action for it in decisions].count("retrain") == 1


@settings(deadline=None)
@given(st.permutations(range(12)))
def test_what_is_remembered_of_windows_does_not_depend_on_their_order(order: list[int]) -> None:
    found = {number: window(number, {"amount": 0.01 * number}) for number in range(12)}
    memory, _ = react(*(found[number] for number in order))
    straight, _ = react(*(found[number] for number in range(12)))
    assert memory.windows == straight.windows


@settings(deadline=None)
@given(WINDOWS)
def test_what_is_written_is_what_is_read(found: list[tuple[int, dict[str, float], str]]) -> None:
    memory, _ = react(*(window(hours, distances, kind=kind) for hours, distances, kind in found))
    assert Memory.from_json(memory.to_json()) == memory


def test_memory_stays_small() -> None:
    memory, _ = react(*(window(number, dict.fromkeys(USECASE.feature_names, 0.5)) for number in range(400)))
    assert len(memory.to_json()) < 100_000
