"""An A/B test ends in money: captured answers of two variants, joined with their labels, in the order these came."""

import json
from dataclasses import replace

import numpy as np
import pytest

import usecases
from headrace.drift.capture import rows
from headrace.errors import RejectedError
from headrace.ground_truth import Truth
from headrace.trial import CHALLENGER, CHAMPION, Answered, Tally, answered, judge, tally, variant_of
from headrace.usecase import Serving, Trial

FRAUD = usecases.load("fraud")
USECASE = replace(FRAUD, serving=Serving(trial=Trial(steps=(50,), scale=5.0)), alerts=None)
START = 1_767_225_600


def world(caught: float, *, count: int = 6_000, seed: int = 0) -> tuple[list[Answered], dict[str, Truth]]:
    """Answers of two variants; the champion catches half of the frauds, the challenger that share."""
    draw = np.random.default_rng(seed)
    answers, truths = [], {}
    for number in range(count):
        fraud, variant = bool(draw.random() < 0.1), CHALLENGER if draw.random() < 0.5 else CHAMPION
        alarm = fraud and draw.random() < (caught if variant == CHALLENGER else 0.5)
        answers.append(Answered(f"e{number}", variant, "BLOCK" if alarm else "APPROVE"))
        truths[f"e{number}"] = Truth(f"e{number}", int(fraud), START + number, START)
    return answers, truths


def test_a_challenger_that_catches_more_saves_money() -> None:
    standing = judge(USECASE, *world(0.9))
    assert standing.verdict == "better"
    assert standing.difference == pytest.approx(0.1 * 0.4 * FRAUD.label.missed_cost, rel=0.5)
    assert standing.champion + standing.challenger == 6_000


def test_a_challenger_that_catches_less_is_worse_and_an_equal_one_is_neither() -> None:
    assert judge(USECASE, *world(0.1)).verdict == "worse"
    assert judge(USECASE, *world(0.5)).verdict == "undecided"


def test_false_alarms_cost_what_the_use_case_says() -> None:
    answers = [Answered(f"a{it}", CHAMPION, "APPROVE") for it in range(200)]
    answers += [Answered(f"b{it}", CHALLENGER, "REVIEW" if it % 2 else "APPROVE") for it in range(200)]
    truths = {it.inference_id: Truth(it.inference_id, 0, START, START) for it in answers}
    standing = judge(USECASE, answers, truths)
    assert standing.difference == pytest.approx(-FRAUD.label.false_alarm_cost / 2)


def test_only_labelled_answers_of_the_two_variants_count_and_each_once() -> None:
    answers = [Answered("a", CHAMPION, "APPROVE"), Answered("a", CHALLENGER, "APPROVE"), Answered("b", "Shadow", "X")]
    answers.append(Answered("unlabelled", CHAMPION, "BLOCK"))
    truths = {name: Truth(name, 1, START, START) for name in ("a", "b")}
    standing = judge(USECASE, answers, truths)
    assert (standing.champion, standing.challenger, standing.verdict) == (0, 1, "undecided")


def test_a_tally_counts_answers_by_variant_and_money_where_labels_are_known() -> None:
    answers = [
        Answered("a", CHAMPION, "BLOCK"),
        Answered("a", CHAMPION, "APPROVE"),
        Answered("b", CHAMPION, "BLOCK"),
        Answered("c", CHALLENGER, "BLOCK"),
        Answered("d", CHALLENGER, "BLOCK"),
    ]
    truths = {name: Truth(name, value, START, START) for name, value in (("a", 1), ("b", 0), ("c", 1))}
    found = tally(USECASE, answers, truths)
    assert found[CHAMPION] == Tally(
        answers=2,
        alarms=1,
        labelled=2,
        positives=1,
        caught=0,
        false_alarms=1,
        cost=FRAUD.label.missed_cost + FRAUD.label.false_alarm_cost,
    )
    assert (found[CHALLENGER].answers, found[CHALLENGER].labelled, found[CHALLENGER].caught) == (2, 1, 1)
    assert (found[CHALLENGER].alarm_rate, found[CHALLENGER].cost_per_answer) == (1, 0)
    assert (Tally().alarm_rate, Tally().cost_per_answer) == (None, None)


def test_the_verdict_does_not_depend_on_the_order_of_files() -> None:
    answers, truths = world(0.8)
    assert judge(USECASE, answers[::-1], truths) == judge(USECASE, answers, truths)


def test_a_line_of_data_capture_is_an_answer_of_its_variant() -> None:
    line = {
        "captureData": {
            "endpointInput": {"data": json.dumps({"instances": [{"amount": 1}]}), "encoding": "JSON"},
            "endpointOutput": {
                "data": json.dumps({"predictions": [{"score": 0.9, "decision": "BLOCK"}], "model_version": "7"}),
                "encoding": "JSON",
            },
        },
        "eventMetadata": {"eventId": "x", "inferenceId": "e1", "inferenceTime": "2026-01-01T00:00:00Z"},
    }
    key = "capture/headrace-fraud-prod/Challenger/2026/01/01/00/00-00-000-x.jsonl"
    (row,) = rows(line)
    assert answered(key, row) == Answered("e1", CHALLENGER, "BLOCK")
    assert answered(key, replace(row, single=False)) is None
    assert answered(key, replace(row, columns={})) is None


def test_a_key_that_names_no_variant_is_refused() -> None:
    with pytest.raises(RejectedError, match="no file of data capture"):
        variant_of("capture/odd.jsonl")


def test_without_a_trial_there_is_nothing_to_judge() -> None:
    with pytest.raises(ValueError, match=r"serving\.trial"):
        judge(FRAUD, [], {})
