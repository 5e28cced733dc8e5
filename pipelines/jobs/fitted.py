"""What training has learned, and what ``headrace.json`` says of it."""

from dataclasses import dataclass
from typing import Any

from headrace.usecase import UseCase
from pipelines.jobs import artifact
from pipelines.jobs.algorithms import Learned, Rows
from pipelines.jobs.code_version import code_version
from pipelines.jobs.judging.bootstrap import Judged, deviations, resample
from pipelines.jobs.metrics import Ranking
from pipelines.jobs.served.columns import Columns

RESAMPLES = 50
"""Of the validation rows, to know how far their figures are noise."""
MOST_ROWS = 100_000
"""Training rows that a model's figures are of, evenly spread: more take time and tell nothing new."""


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """What was learned: columns, the factor on the odds of a positive, and the model that saw training rows only."""

    columns: Columns
    odds: float
    learned: Learned

    def ranking(self, rows: Rows) -> Ranking:
        """Rows ranked by corrected scores."""
        scores = self.learned.scorer.scores(rows.features)
        return Ranking.of(rows.labels, scores / (scores + (1 - scores) * self.odds) if self.odds != 1 else scores)


def describe(usecase: UseCase, model_version: str, fitted: Fitted, train: Rows, validation: Rows) -> dict[str, Any]:
    """How to ask the model and how good it was; rows are prepared columns, those of training as many as count."""
    ranking = {"train": fitted.ranking(train), "validation": fitted.ranking(validation)}
    threshold = artifact.choose_threshold(usecase, ranking["validation"])
    return {
        "usecase": usecase.name,
        "model_version": model_version,
        "algorithm": usecase.model.algorithm,
        "features": list(usecase.feature_names),
        "columns": fitted.columns.document,
        "odds": fitted.odds,
        "bands": [{"decision": band.decision, "from_score": band.from_score} for band in usecase.decision.bands],
        "threshold": threshold,
        "best_iteration": fitted.learned.best,
        "rounds": len(fitted.learned.history),
        "history": [round(value, 6) for value in fitted.learned.history],
        "metrics": {name: it.figures(threshold["score"]) for name, it in ranking.items()},
        "deviations": deviations(
            resample([Judged(ranking["validation"], threshold["score"])], resamples=RESAMPLES, seed=0)[0]
        ),
        "code": code_version(usecase),
        "packages": artifact.packages(),
    }
