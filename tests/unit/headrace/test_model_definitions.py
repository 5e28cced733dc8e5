"""What a model's definition accepts, and how it reads."""

from dataclasses import replace

import pytest
from model_definitions import FOREST, READY, model, usecase
from window_cases import USECASE

from headrace.decisions import without_resampling
from headrace.errors import UseCaseError
from headrace.usecase import Facet, Field, Model
from headrace.usecase.algorithms import ALGORITHMS, Range


def test_what_fits_is_accepted() -> None:
    usecase(hyperparameters={"eta": 0.1, "tree_method": "hist", "early_stopping_rounds": 0, "refit": 0})
    usecase(algorithm="linear", transforms=READY, class_weight=4.0, hyperparameters={"C": 0.5})
    usecase(algorithm="kmeans", transforms=READY, hyperparameters={"k": 12})
    replace(USECASE, model=Model(**FOREST, labelled=False))


def test_a_facet_may_be_a_field_that_the_model_does_not_see() -> None:
    event = replace(USECASE.event, fields=(*USECASE.event.fields, Field(name="gender", type="string")))
    facets = (
        Facet(field="gender", values=("f",)),
        Facet(field="amount", below=5),
        Facet(field="shop_id", values=("s",)),
    )
    assert replace(USECASE, event=event, model=model(facets=facets)).facet_fields == ("gender",)


def test_a_masked_field_is_no_facet() -> None:
    fields = (*USECASE.event.fields, Field(name="gender", type="string", privacy="hash"))
    with pytest.raises(UseCaseError, match="gender"):
        replace(
            USECASE,
            event=replace(USECASE.event, fields=fields),
            model=model(facets=(Facet(field="gender", values=("f",)),)),
        )


@pytest.mark.parametrize(
    ("facet", "words"),
    [
        (Facet(field="a", values=("x", "y")), "in (x, y)"),
        (Facet(field="a", below=25), "< 25"),
        (Facet(field="a", at_least=60.5), ">= 60.5"),
    ],
)
def test_a_condition_reads_as_words(facet: Facet, words: str) -> None:
    assert facet.condition == words


def test_every_algorithm_names_its_seed_and_whether_it_refits() -> None:
    assert all({"seed", "refit"} <= set(it.allowed) for it in ALGORITHMS.values())


def test_an_open_range_shuts_out_its_low_end_only() -> None:
    assert 0 not in Range(0, 1, open=True)
    assert 1 in Range(0, 1, open=True)
    assert 0 in Range(0, 1)
    assert 1.5 not in Range(0, 9, whole=True)


def test_undoing_a_resampling_divides_the_odds() -> None:
    """Of 10 positives and 990 negatives, keeping a tenth of the negatives leaves 10 in 109."""
    assert without_resampling(10 / 109, 10) == pytest.approx(10 / 1_000)
    assert [without_resampling(it, 7) for it in (0.0, 1.0)] == [0, 1]
    assert without_resampling(0.37, 1) == 0.37
