"""The one place where the functions load a use case, by its name from their environment."""

from functools import cache

from headrace.features import FeatureSet
from usecases import load


@cache
def features(usecase: str) -> FeatureSet:
    """The compiled features of a use case (``.usecase`` is its definition); once per process.

    Raises:
        UseCaseError: if there is no such use case.
    """
    return FeatureSet(load(usecase))
