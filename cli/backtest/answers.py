"""What the platform answered to every event: id, time, the primary entity's key, score, decision, model version."""

import numpy as np
import pandas as pd

from cli.backtest.model import Deployed
from headrace.usecase import UseCase

SCORE, DECISION, VERSION = "score", "decision", "model_version"


def answered(usecase: UseCase, rows: pd.DataFrame, model: Deployed | None) -> pd.DataFrame:
    """Vectors answered by a model; without one by the use case's fallback, without a score."""
    answers = rows[[usecase.event.id, usecase.event.timestamp, usecase.primary.key]].copy()
    if model is None:
        answers[SCORE], answers[DECISION], answers[VERSION] = np.nan, usecase.decision.fallback, None
    else:
        scores = model.scores(rows)
        answers[SCORE], answers[DECISION], answers[VERSION] = scores, model.decisions(scores), model.model.version
    return answers
