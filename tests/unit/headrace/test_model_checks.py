"""A model that cannot work, or would mislead, is refused when it is defined, with the reason and the fix."""

import pytest
from model_definitions import FOREST, GATES, READY, model, usecase

from headrace.errors import UseCaseError
from headrace.usecase import Facet, Limits, Model, Resampling, Transform

UNFIT = {
    "a depth of text": (
        lambda: model(hyperparameters={"max_depth": "deep"}),
        "model.hyperparameters[max_depth]: is 'deep'; give a whole number from 0 to 64",
    ),
    "a first guess that no tree can move": (
        lambda: model(hyperparameters={"base_score": 1}),
        "model.hyperparameters[base_score]: is 1; give a number from 1e-06 to 0.999999",
    ),
    "a sample of next to nothing": (
        lambda: model(hyperparameters={"subsample": 1e-9}),
        "model.hyperparameters[subsample]: is 1e-09; give a number from 0.01 to 1",
    ),
    "a learning rate above 1": (
        lambda: model(hyperparameters={"eta": 3}),
        "model.hyperparameters[eta]: is 3; give a number from 0.0001 to 1",
    ),
    "half a round": (lambda: model(hyperparameters={"num_round": 0.5}), "give a whole number from 1 to 100000"),
    "a truth for a number": (lambda: model(hyperparameters={"gamma": True}), "model.hyperparameters[gamma]: is True"),
    "an unknown choice": (
        lambda: model(hyperparameters={"tree_method": "exact"}),
        "model.hyperparameters[tree_method]: is 'exact'; give one of auto, hist",
    ),
    "another algorithm's hyperparameter": (
        lambda: model(algorithm="linear", transforms=READY, hyperparameters={"max_depth": 3}),
        "model.hyperparameters[max_depth]: linear has no such hyperparameter; use some of C, max_iter, refit, seed",
    ),
    "weights twice": (
        lambda: model(class_weight="balanced", hyperparameters={"scale_pos_weight": 3}),
        "say the same thing; give one of them",
    ),
    "weights twice, both as hyperparameters": (
        lambda: model(hyperparameters={"scale_pos_weight": 3, "class_weight": "balanced"}),
        "say the same thing; give one of them",
    ),
    "a weight of nothing": (lambda: model(class_weight=0), "model.class_weight: is 0; give 'balanced', or a number"),
    "an unknown weight": (lambda: model(class_weight="heavy"), "model.class_weight: is 'heavy'"),
    "weights and resampling": (
        lambda: model(class_weight="balanced", resampling=Resampling(kind="undersample", negatives=10)),
        "both bring the rare class forward",
    ),
    "weights without labels": (
        lambda: model(**FOREST, class_weight="balanced"),
        "model.class_weight: is about labels, and isolation_forest does not look at them",
    ),
    "resampling without labels": (
        lambda: model(**FOREST, resampling=Resampling(kind="oversample", negatives=10)),
        "model.resampling: is about labels",
    ),
    "more positives than negatives": (lambda: Resampling(kind="oversample", negatives=0.5), "negatives: is below 1"),
    "an unknown resampling": (lambda: Resampling(kind="smote", negatives=2), "use one of oversample, undersample"),
    "early stopping without validation": (
        lambda: model(validation_fraction=0),
        "which early stopping and the threshold cannot do without",
    ),
    "a threshold without validation": (
        lambda: model(validation_fraction=0, hyperparameters={"early_stopping_rounds": 0}),
        "leaves no validation rows, which the threshold cannot do without",
    ),
    "a linear model of missing values": (
        lambda: model(algorithm="linear", transforms=READY[1:]),
        "leave missing values, which linear cannot take; begin with Transform(function='impute')",
    ),
    "a linear model of some missing values": (
        lambda: model(algorithm="linear", transforms=(Transform(function="impute", of=("amount",)), READY[1])),
        "leave missing values",
    ),
    "distances in units": (
        lambda: model(algorithm="kmeans", transforms=READY[:1]),
        "leave units, and kmeans weighs features by them",
    ),
    "gates without labels": (
        lambda: Model(**FOREST, labelled=False, gates=GATES),
        "model.gates: need labels, and the use case has none",
    ),
    "facets without labels": (
        lambda: Model(**FOREST, labelled=False, facets=(Facet(field="amount", below=5),)),
        "model.facets: need labels",
    ),
    "trees without labels": (lambda: Model(labelled=False), "xgboost learns from labels, and the use case has none"),
    "an unknown split": (
        lambda: model(split="random"),
        "model.split: 'random' is unknown; use one of stratified, time",
    ),
    "an unknown transform": (lambda: Transform(function="pca"), "model.transforms.function: 'pca' is unknown"),
    "an unknown fill": (lambda: Transform(function="impute", fill="mode"), "use one of constant, mean, median"),
    "quantiles in the wrong order": (lambda: Transform(function="clip", low=0.9, high=0.1), "order them within 0 to 1"),
    "no values kept": (lambda: Transform(function="one_hot", top=0), "keep at least one"),
    "an endless constant": (
        lambda: Transform(function="impute", constant=float("inf")),
        "model.transforms[impute].constant: is not finite",
    ),
    "positions that are no longer there": (
        lambda: model(transforms=(READY[1], Transform(function="one_hot"))),
        "list one_hot first",
    ),
    "a transform of something else": (
        lambda: usecase(transforms=(Transform(function="log1p", of=("weight",)),)),
        "model.transforms[log1p].of: 'weight' is unknown",
    ),
    "one column per amount": (
        lambda: usecase(transforms=(Transform(function="one_hot", of=("amount",)),)),
        "model.transforms[one_hot].of: 'amount' is unknown",
    ),
    "a facet without a condition": (lambda: Facet(field="age"), "give values, below or at_least"),
    "a facet of two conditions": (lambda: Facet(field="age", below=25, at_least=60), "exactly one condition"),
    "a third outcome": (lambda: Facet(field="age", below=25, favourable=2), "is neither 0 nor 1"),
    "bounds that shut out equality": (
        lambda: Facet(field="age", below=25, disparate_impact=(0.5, 0.9)),
        "does not hold 1",
    ),
    "a facet of nobody": (lambda: usecase(facets=(Facet(field="age", below=25),)), "model.facets[age].field"),
    "a limit above 1": (lambda: Limits(gap=2), "model.limits.gap: is outside 0 to 1"),
    "the confidence of a coin": (lambda: Limits(confidence=0.5), "model.limits.confidence: is outside 0.5 to 1"),
    "no positives": (lambda: Limits(positives=0), "model.limits.positives: is below 1"),
}


@pytest.mark.parametrize("name", UNFIT)
def test_an_unfit_choice_is_refused_with_the_reason(name: str) -> None:
    make, reason = UNFIT[name]
    with pytest.raises(UseCaseError) as refused:
        make()
    assert reason in str(refused.value)
