"""The algorithms that a use case can name, a file for each.

How each is fitted, scored and stored is ``pipelines.jobs.algorithms``, a file of the same name: that half needs numpy,
and use cases are imported cold by functions that have none.
"""

from headrace.usecase.algorithms.algorithm import Algorithm, Choices, Range, Value
from headrace.usecase.algorithms.factorization_machine import FACTORIZATION_MACHINE
from headrace.usecase.algorithms.isolation_forest import ISOLATION_FOREST
from headrace.usecase.algorithms.kmeans import KMEANS
from headrace.usecase.algorithms.linear import LINEAR
from headrace.usecase.algorithms.xgboost import XGBOOST

__all__ = ["ALGORITHMS", "Algorithm", "Choices", "Range", "Value"]

ALGORITHMS: dict[str, Algorithm] = {
    it.name: it for it in (XGBOOST, LINEAR, FACTORIZATION_MACHINE, ISOLATION_FOREST, KMEANS)
}
"""By name."""
