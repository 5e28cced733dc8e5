"""Models on the fraud use case."""

from dataclasses import replace

from window_cases import USECASE

from headrace.usecase import Gate, Model, Transform, UseCase

GATES = (Gate(metric="auc", minimum=0.5),)
READY = (Transform(function="impute"), Transform(function="standardize"))
FOREST = {"algorithm": "isolation_forest", "transforms": READY[:1]}


def model(**changes: object) -> Model:
    return Model(**{"gates": GATES, **changes})


def usecase(**changes: object) -> UseCase:
    return replace(USECASE, model=model(**changes))
