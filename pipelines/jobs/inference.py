"""What the endpoint and batch jobs run: instances in, scores, decisions and, if asked, reasons out.

The file travels inside the model artifact together with ``pipelines.jobs.algorithms`` and ``pipelines.jobs.served`` and
is imported by the container's server, so all of them use nothing but the standard library, numpy and xgboost. Feature
order, prepared columns, decision bands and version come from ``headrace.json`` beside the model. A ``ValueError``
raised here is answered as 500 by the container: callers validate before they invoke.
"""

import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.jobs.algorithms import Scorer
from pipelines.jobs.served import files, golden, lines, rows
from pipelines.jobs.served.columns import Columns
from pipelines.jobs.served.rows import Instance

JSON = "application/json"


@dataclass(frozen=True, kw_only=True)
class ServedModel:
    """A scorer and what is needed to ask it.

    Feature order, prepared columns, ascending band edges with their decisions, version, and the factor by which
    training multiplied the odds of a positive (see ``headrace.decisions.without_resampling``).
    """

    scorer: Scorer
    features: tuple[str, ...]
    columns: Columns
    edges: tuple[float, ...]
    decisions: tuple[str, ...]
    version: str
    odds: float = 1.0

    def scores(self, matrix: np.ndarray) -> np.ndarray:
        """Scores, shape (n,), for rows of shape (n, features) where NaN is missing."""
        scores = self.scorer.scores(self.columns.apply(matrix))
        return scores if self.odds == 1 else scores / (scores + (1 - scores) * self.odds)

    def decide(self, scores: np.ndarray) -> list[str]:
        """The band of each score."""
        return [self.decisions[max(0, bisect_right(self.edges, score) - 1)] for score in scores.tolist()]

    def contributions(self, matrix: np.ndarray) -> np.ndarray | None:
        """What each feature adds to the log odds, shape (n, features + 1); None if the algorithm cannot say.

        The last column is the base; each row sums to the log odds of the row's score.
        """
        values = self.scorer.contributions(self.columns.apply(matrix))
        if values is None:
            return None
        base = values[:, -1:] - np.log(self.odds)
        together = np.concatenate([self.columns.by_feature(values[:, :-1], len(self.features)), base], axis=1)
        return np.asarray(together)


@dataclass(frozen=True, kw_only=True)
class Request:
    """Instances to score, how many reasons each answer should name, and whether they came as lines."""

    instances: Sequence[Instance]
    explain: int = 0
    lines: bool = False


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Scores of shape (n,) in request order, a decision and perhaps reasons for each, and the model's version."""

    scores: np.ndarray
    decisions: Sequence[str]
    version: str
    reasons: Sequence[Sequence[Mapping[str, Any]]] | None = None
    lines: bool = False


def model_fn(model_dir: str) -> ServedModel:
    """Load the scorer and ``headrace.json`` from the unpacked artifact.

    Raises:
        ValueError: if the model does not answer its golden requests as it did when it was made.
    """
    folder = Path(model_dir)
    about = json.loads((folder / "headrace.json").read_text())
    features = tuple(about["features"])
    model = ServedModel(
        scorer=files.load(about.get("algorithm", "xgboost"), folder),
        features=features,
        columns=Columns.read(about["columns"]) if "columns" in about else Columns.plain(features),
        edges=tuple(float(band["from_score"]) for band in about["bands"]),
        decisions=tuple(band["decision"] for band in about["bands"]),
        version=about["model_version"],
        odds=float(about.get("odds", 1)),
    )
    golden.require(folder, model.scores)
    return model


def input_fn(body: str | bytes, content_type: str) -> Request:
    """Read ``{"instances": [{feature: number|null, ...}, ...], "explain": how many reasons, "ids": [...]}``.

    The last two may be absent. Ids, one per instance, are for those who read what was captured. Or lines of JSON, an
    instance on each, as batch transform sends them.

    Raises:
        ValueError: if the content type or the document is another one; names what is wrong.
    """
    plain = content_type.partition(";")[0].strip().lower()
    if plain == lines.LINES:
        return Request(instances=lines.instances(body), lines=True)
    if plain != JSON:
        raise ValueError(f"content type {content_type!r} is not supported; send {JSON} or {lines.LINES}")
    document = json.loads(body, parse_constant=_reject_constant)
    instances = document.get("instances") if isinstance(document, dict) else None
    if not isinstance(instances, list) or not instances:
        raise ValueError('the request must be {"instances": [{feature: number or null, ...}, ...]} with one or more')
    for position, instance in enumerate(instances):
        if not isinstance(instance, dict):
            raise ValueError(f"instances[{position}] is not an object")
    ids = document.get("ids", instances)
    if not isinstance(ids, list) or len(ids) != len(instances):
        raise ValueError("ids are not one per instance")
    explain = document.get("explain", 0)
    if not isinstance(explain, int) or explain < 0:
        raise ValueError("explain is no count: send how many reasons each answer should name")
    return Request(instances=instances, explain=int(explain))


def predict_fn(request: Request, model: ServedModel) -> Answer:
    """Score instances by feature name: a missing one counts as null, one the model does not know is ignored.

    Raises:
        ValueError: if a feature is neither a number nor null; names instance and feature.
    """
    matrix = rows.matrix(request.instances, model.features)
    scores = model.scores(matrix)
    return Answer(
        scores=scores,
        decisions=model.decide(scores),
        version=model.version,
        reasons=reasons(model, matrix, request.explain) if request.explain else None,
        lines=request.lines,
    )


def output_fn(answer: Answer, accept: str) -> tuple[str, str]:
    """The response body and its content type: JSON, or lines for lines, whatever ``accept`` asks for.

    The type is returned with the body because the container would answer a bare string as ``text/html``, which data
    capture stores as base64.
    """
    predictions: list[dict[str, Any]] = [
        {"score": score, "decision": decision}
        for score, decision in zip(answer.scores.tolist(), answer.decisions, strict=True)
    ]
    for prediction, given in zip(predictions, answer.reasons or (), strict=False):
        prediction["reasons"] = given
    if answer.lines:
        return lines.answers(predictions, answer.version), lines.LINES
    return json.dumps({"predictions": predictions, "model_version": answer.version}), JSON


def reasons(model: ServedModel, matrix: np.ndarray, most: int) -> list[list[dict[str, Any]]]:
    """The features that moved each score most, strongest first: name, value and contribution to the log odds.

    Args:
        model: that scored them.
        matrix: shape (n, features), NaN where missing.
        most: reasons per row.

    Returns:
        One list per row; empty ones if the algorithm cannot say.
    """
    values = model.contributions(matrix)
    if values is None:
        return [[] for _ in matrix]
    strongest = np.argsort(-np.abs(values[:, :-1]), axis=1, kind="stable")[:, :most]
    return [[_reason(model, matrix[row], values[row], it) for it in strongest[row]] for row in range(len(matrix))]


def _reason(model: ServedModel, row: np.ndarray, contributions: np.ndarray, feature: int) -> dict[str, Any]:
    value = None if np.isnan(row[feature]) else float(row[feature])
    return {"feature": model.features[feature], "value": value, "contribution": float(contributions[feature])}


def _reject_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON; send null for a missing value")
