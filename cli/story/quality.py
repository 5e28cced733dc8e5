"""How good the answers were before, during and after, and how good they would have been had nobody reacted.

Every event is scored again by the first model, from the very vector that was logged when it was answered. So both
curves see the same events and the same features, and differ only by which model was asked.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cli import lake
from cli.backtest.figures import money, ranking
from cli.deployment import Deployment
from cli.registered import model_of
from cli.story.plot import DAY_S, Story
from headrace.usecase import UseCase
from pipelines.jobs.inference import ServedModel

LEAST_POSITIVES = 5
"""A day with fewer has no figure."""
RECOVERED = 0.9
"""Of the quality before."""
SPAN_DAYS = 2
"""Over how many days a point of the curve is taken: a day has too few positives."""


@dataclass(frozen=True, kw_only=True)
class Answers:
    """Every answered event, one row each, by time.

    ``table`` has timestamp, label, score, decision, model_version, and first_score and first_decision, which are those
    of the first model.
    """

    usecase: UseCase
    table: pd.DataFrame

    def between(self, start: int, end: int) -> pd.DataFrame:
        """The rows of [start, end), epoch seconds."""
        moments = self.table["timestamp"]
        return self.table[(moments >= start) & (moments < end)]

    def precision(self, start: int, end: int, *, score: str = "score") -> float | None:
        """Average precision of [start, end); None with too few positives."""
        rows = self.between(start, end)
        if rows["label"].sum() < LEAST_POSITIVES:
            return None
        return ranking(rows["label"].to_numpy(), rows[score].to_numpy(np.float64))["average_precision"]

    def cost(self, start: int, end: int, *, decision: str = "decision") -> float:
        """What errors of [start, end) cost."""
        rows = self.between(start, end)
        return money(self.usecase, rows["label"].to_numpy(np.float64), rows[decision].to_numpy(dtype=object))["cost"]

    def curve(self, story: Story) -> list[dict[str, float | int | None]]:
        """Average precision at the end of each streamed day, over the last two, with and without reaction."""
        points = []
        for day in range(story.days):
            end = story.at + (day + 1) * DAY_S
            start = max(story.at, end - SPAN_DAYS * DAY_S)
            values = {name: self.precision(start, end, score=name) for name in ("score", "first_score")}
            points.append({"until": end, "average_precision": values["score"], "without": values["first_score"]})
        return points


def answers(deployment: Deployment, predictions: pd.DataFrame, events: pd.DataFrame, package: str) -> Answers:
    """Predictions with the truth, and with what the first model makes of the logged vectors.

    Args:
        deployment: where vectors and models lie.
        predictions: see ``cli.predictions``.
        events: the streamed events with their labels.
        package: the ARN of the first model.
    """
    usecase = deployment.usecase
    truth = events.set_index(usecase.event.id)[usecase.label.field]
    table = predictions.assign(label=predictions["event_id"].map(truth)).dropna(subset=["label"])
    model = model_of(deployment, package)
    matrix = vectors(deployment, model).reindex(table["event_id"]).to_numpy(np.float32)
    scores = model.scores(matrix).astype(np.float64)
    return Answers(usecase=usecase, table=table.assign(first_score=scores, first_decision=model.decide(scores)))


def vectors(deployment: Deployment, model: ServedModel) -> pd.DataFrame:
    """The logged vectors, by event id."""
    name = deployment.usecase.event.id
    table: pd.DataFrame = lake.read_parquet(deployment, "features/", [name, *model.features]).to_pandas()
    return table.drop_duplicates(name).set_index(name)[list(model.features)]
