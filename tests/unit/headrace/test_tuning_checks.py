"""A search that SageMaker would refuse, or that could find nothing, is refused when it is defined."""

import pytest

from headrace.errors import UseCaseError
from headrace.usecase import Between, Gate, Model, OneOf, Transform, Tuning

ETA = {"eta": Between(0.01, 0.3, "logarithmic")}


def model(tuning: Tuning, **changes: object) -> Model:
    return Model(**{"gates": (Gate(metric="auc", minimum=0.5),), "tuning": tuning, **changes})


UNFIT = {
    "nothing to search": (lambda: Tuning(ranges={}), "model.tuning.ranges: is empty"),
    "more than SageMaker searches": (lambda: Tuning(ranges={str(n): OneOf((1, 2)) for n in range(31)}), "at most 30"),
    "no candidate": (lambda: Tuning(ranges=ETA, max_jobs=0), "model.tuning.max_jobs: is 0; give 1 to 750"),
    "more at once than there are": (
        lambda: Tuning(ranges=ETA, max_jobs=3, max_parallel=4),
        "model.tuning.max_parallel: is 4; give 1 to 3",
    ),
    "an unknown strategy": (lambda: Tuning(ranges=ETA, strategy="luck"), "model.tuning.strategy: 'luck' is unknown"),
    "an unknown metric": (lambda: Tuning(ranges=ETA, metric="mae"), "model.tuning.metric: 'mae' is unknown"),
    "a negative seed": (lambda: Tuning(ranges=ETA, seed=-1), "model.tuning.seed: is negative"),
    "a grid of numbers": (lambda: Tuning(ranges=ETA, strategy="grid"), "cannot try every number of eta"),
    "stopped twice": (
        lambda: Tuning(ranges=ETA, strategy="hyperband", early_stopping=True),
        "model.tuning.early_stopping: and hyperband both stop candidates",
    ),
    "stopped by a figure that comes last": (
        lambda: Tuning(ranges=ETA, strategy="hyperband", metric="f1"),
        "model.tuning.metric: is f1, which is known at the end only",
    ),
    "rounds shared out and searched": (
        lambda: model(Tuning(ranges={"num_round": Between(10, 90)}, strategy="hyperband")),
        "use it with xgboost and a fixed num_round",
    ),
    "a search that no label judges": (
        lambda: model(
            Tuning(ranges={"k": Between(2, 9)}),
            algorithm="isolation_forest",
            transforms=(Transform(function="impute"),),
        ),
        "model.tuning: compares candidates by labels",
    ),
    "another algorithm's hyperparameter": (
        lambda: model(Tuning(ranges={"C": Between(1, 2)})),
        "model.tuning.ranges[C]: xgboost cannot be tuned by it; use some of alpha,",
    ),
    "a seed as a hyperparameter": (lambda: model(Tuning(ranges={"seed": Between(1, 2)})), "cannot be tuned by it"),
    "a rate above 1": (
        lambda: model(Tuning(ranges={"eta": Between(0.1, 3)})),
        "model.tuning.ranges[eta]: reaches 3; stay within a number from 0.0001 to 1",
    ),
    "half a level": (
        lambda: model(Tuning(ranges={"max_depth": Between(3, 7.5)})),
        "reaches 7.5; stay within a whole number from 0 to 64",
    ),
    "an unknown choice": (
        lambda: model(Tuning(ranges={"grow_policy": OneOf(("depthwise", "sideways"))})),
        "reaches 'sideways'; stay within one of depthwise, lossguide",
    ),
    "a choice of one thing": (
        lambda: model(Tuning(ranges={"grow_policy": OneOf(("depthwise", "depthwise"))})),
        "give different ones",
    ),
    "no choice": (lambda: model(Tuning(ranges={"grow_policy": OneOf(())})), "give different ones"),
    "a range that goes down": (lambda: model(Tuning(ranges={"eta": Between(0.3, 0.1)})), "name the lower end first"),
    "a logarithm of zero": (
        lambda: model(Tuning(ranges={"gamma": Between(0, 5, "logarithmic")})),
        "model.tuning.ranges[gamma]: is logarithmic from 0 or below; begin above 0",
    ),
    "a reverse logarithm of one": (
        lambda: model(Tuning(ranges={"subsample": Between(0.5, 1, "reverse_logarithmic")})),
        "stay within 0 and below 1",
    ),
    "an unknown scaling": (
        lambda: model(Tuning(ranges={"eta": Between(0.1, 0.3, "cubic")})),
        "has the scaling 'cubic'",
    ),
}


@pytest.mark.parametrize("name", UNFIT)
def test_an_unfit_search_is_refused_with_the_field_and_the_fix(name: str) -> None:
    define, said = UNFIT[name]
    with pytest.raises(UseCaseError) as refused:
        define()
    assert said in str(refused.value)


@pytest.mark.parametrize(
    "tuning",
    [
        Tuning(ranges={**ETA, "max_depth": Between(3, 10), "grow_policy": OneOf(("depthwise", "lossguide"))}),
        Tuning(ranges=ETA, strategy="hyperband"),
        Tuning(ranges={"max_depth": OneOf((3, 6))}, strategy="grid", metric="auc"),
        Tuning(ranges={"subsample": Between(0.5, 0.9, "reverse_logarithmic")}, strategy="random", early_stopping=True),
    ],
    ids=["bayesian", "hyperband", "grid", "random"],
)
def test_what_can_be_searched_is_taken(tuning: Tuning) -> None:
    assert model(tuning).tuning is tuning
