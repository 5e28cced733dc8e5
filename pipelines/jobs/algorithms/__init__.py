"""How each algorithm is fitted, scores, and becomes files of an artifact: a file for each.

What is known of them before anything is trained is ``headrace.usecase.algorithms``, files of the same names. Everything
here travels inside the artifact, so modules import the standard library, numpy and xgboost only; what training alone
has (scikit-learn, scipy, our jobs) is imported inside the functions that fit.
"""

from typing import Final

from pipelines.jobs.algorithms.factorization_machine import FACTORIZATION_MACHINE
from pipelines.jobs.algorithms.isolation_forest import ISOLATION_FOREST
from pipelines.jobs.algorithms.kmeans import KMEANS
from pipelines.jobs.algorithms.linear import LINEAR
from pipelines.jobs.algorithms.method import Learned, Method, Rows, Scorer
from pipelines.jobs.algorithms.xgboost import XGBOOST

__all__ = ["METHODS", "Learned", "Method", "Rows", "Scorer"]

METHODS: Final[dict[str, Method]] = {
    "xgboost": XGBOOST,
    "linear": LINEAR,
    "factorization_machine": FACTORIZATION_MACHINE,
    "isolation_forest": ISOLATION_FOREST,
    "kmeans": KMEANS,
}
"""By the algorithm's name."""
