"""Hyperparameters arrive as text and must be known by name."""

import numpy as np
import pytest

from pipelines.jobs.hyperparameters import HyperparameterError, booster_parameters, choose, parse

LABELS = np.array([0] * 90 + [1] * 10)


def test_texts_become_the_numbers_they_spell() -> None:
    assert parse(["--max_depth", "6", "--eta", "0.1", "--tree_method", "hist"]) == {
        "max_depth": 6,
        "eta": 0.1,
        "tree_method": "hist",
    }


def test_texts_that_json_would_read_as_something_else_stay_text() -> None:
    assert parse(["--grow_policy", "true", "--sampling_method", "[1]"]) == {
        "grow_policy": "true",
        "sampling_method": "[1]",
    }


@pytest.mark.parametrize("pairs", [["--eta"], ["eta", "0.1"], ["--eta", "0.1", "6", "7"]])
def test_anything_but_pairs_is_refused(pairs: list[str]) -> None:
    with pytest.raises(HyperparameterError, match="pairs"):
        parse(pairs)


def test_a_misspelt_hyperparameter_is_refused_with_the_choices() -> None:
    with pytest.raises(HyperparameterError, match=r"max_dept are no hyperparameters.*max_depth"):
        choose({"max_dept": 3})


@pytest.mark.parametrize("value", [0, -1, 2.5, "many"])
def test_counts_are_whole_numbers_above_zero(value: float | str) -> None:
    with pytest.raises(HyperparameterError, match="num_round"):
        choose({"num_round": value})


def test_positives_weigh_nothing_extra_by_default() -> None:
    assert booster_parameters(choose({"eta": 0.1}), LABELS) == {"eta": 0.1}


@pytest.mark.parametrize(("given", "weight"), [("balanced", 9.0), (4, 4)])
def test_a_class_weight_becomes_the_weight_of_a_positive(given: str | int, weight: float) -> None:
    assert booster_parameters(choose({"class_weight": given}), LABELS) == {"scale_pos_weight": weight}


@pytest.mark.parametrize("given", ["heavy", 0, -2])
def test_a_class_weight_that_is_none_of_the_choices_is_refused(given: str | int) -> None:
    with pytest.raises(HyperparameterError, match="balanced"):
        booster_parameters(choose({"class_weight": given}), LABELS)


def test_the_weight_of_a_positive_is_given_once() -> None:
    with pytest.raises(HyperparameterError, match="give one"):
        booster_parameters(choose({"class_weight": "balanced", "scale_pos_weight": 3}), LABELS)
