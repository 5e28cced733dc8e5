"""Hyperparameters arrive as text and must be known by name."""

import pytest

from headrace.usecase import ALGORITHMS
from pipelines.jobs.hyperparameters import (
    HyperparameterError,
    booster_parameters,
    choose,
    parse,
    positive_weight,
)

NEGATIVES = 9.0


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


def test_a_value_out_of_range_is_refused_with_the_range() -> None:
    with pytest.raises(HyperparameterError, match=r"eta is 7: give a number from 0.0001 to 1"):
        choose({"eta": 7})


def test_each_algorithm_has_its_own_hyperparameters() -> None:
    assert choose({"k": 3}, "kmeans") == {**ALGORITHMS["kmeans"].defaults, "k": 3}
    with pytest.raises(HyperparameterError, match=r"eta are no hyperparameters of linear: use some of C, "):
        choose({"eta": 0.1}, "linear")


def test_positives_weigh_nothing_extra_by_default() -> None:
    chosen = choose({"eta": 0.1})
    assert positive_weight(chosen, NEGATIVES) == 1
    assert booster_parameters(chosen, 1) == {"eta": 0.1}


@pytest.mark.parametrize(
    ("given", "weight"), [({"class_weight": "balanced"}, 9), ({"class_weight": 4}, 4), ({"scale_pos_weight": 3}, 3)]
)
def test_a_class_weight_becomes_the_weight_of_a_positive(given: dict[str, str | int], weight: float) -> None:
    chosen = choose(given)
    assert positive_weight(chosen, NEGATIVES) == weight
    assert booster_parameters(chosen, weight) == {"scale_pos_weight": weight}


@pytest.mark.parametrize("given", ["heavy", 0, -2])
def test_a_class_weight_that_is_none_of_the_choices_is_refused(given: str | int) -> None:
    with pytest.raises(HyperparameterError, match="balanced"):
        positive_weight(choose({"class_weight": given}), NEGATIVES)


def test_the_weight_of_a_positive_is_given_once() -> None:
    with pytest.raises(HyperparameterError, match="give one"):
        positive_weight(choose({"class_weight": "balanced", "scale_pos_weight": 3}), NEGATIVES)
