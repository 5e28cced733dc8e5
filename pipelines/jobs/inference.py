"""What the endpoint runs: the model answers JSON instances with scores and decisions.

The file travels inside the model artifact and is imported by the container's server, so it uses nothing but the
standard library, numpy and xgboost. Feature order, decision bands and version come from ``headrace.json`` beside the
model. A ``ValueError`` raised here is answered as 500 by the container: callers validate before they invoke.
"""

import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xgboost as xgb

JSON = "application/json"
Instance = Mapping[str, float | None]
_LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True, kw_only=True)
class ServedModel:
    """A booster and what is needed to ask it: feature order, ascending band edges with their decisions, version."""

    booster: xgb.Booster
    features: tuple[str, ...]
    edges: tuple[float, ...]
    decisions: tuple[str, ...]
    version: str

    def scores(self, matrix: np.ndarray) -> np.ndarray:
        """Probabilities, shape (n,), for rows of shape (n, features) where NaN is missing."""
        scores: np.ndarray = self.booster.inplace_predict(matrix, missing=np.nan, validate_features=False)
        return scores


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Scores of shape (n,) in request order, a decision for each, and the version that gave them."""

    scores: np.ndarray
    decisions: Sequence[str]
    version: str


def model_fn(model_dir: str) -> ServedModel:
    """Load ``model.ubj`` and ``headrace.json`` from the unpacked artifact."""
    about = json.loads(Path(model_dir, "headrace.json").read_text())
    booster = xgb.Booster(model_file=str(Path(model_dir, "model.ubj")))
    # One thread each: the server runs a worker per core, and more threads only queue behind each other.
    booster.set_param({"nthread": 1})
    return ServedModel(
        booster=booster,
        features=tuple(about["features"]),
        edges=tuple(float(band["from_score"]) for band in about["bands"]),
        decisions=tuple(band["decision"] for band in about["bands"]),
        version=about["model_version"],
    )


def input_fn(body: str | bytes, content_type: str) -> list[Instance]:
    """Read ``{"instances": [{feature: number|null, ...}, ...]}``.

    Raises:
        ValueError: if the content type or the document is another one; names what is wrong.
    """
    if content_type.partition(";")[0].strip().lower() != JSON:
        raise ValueError(f"content type {content_type!r} is not supported; send {JSON}")
    document = json.loads(body, parse_constant=_reject_constant)
    instances = document.get("instances") if isinstance(document, dict) else None
    if not isinstance(instances, list) or not instances:
        raise ValueError('the request must be {"instances": [{feature: number or null, ...}, ...]} with one or more')
    for position, instance in enumerate(instances):
        if not isinstance(instance, dict):
            raise ValueError(f"instances[{position}] is not an object")
    return instances


def predict_fn(instances: Sequence[Instance], model: ServedModel) -> Answer:
    """Score instances by feature name: a missing one counts as null, one the model does not know is ignored.

    Raises:
        ValueError: if a feature is neither a number nor null; names instance and feature.
    """
    scores = model.scores(_matrix(instances, model.features))
    decisions = [model.decisions[max(0, bisect_right(model.edges, score) - 1)] for score in scores.tolist()]
    return Answer(scores=scores, decisions=decisions, version=model.version)


def output_fn(answer: Answer, accept: str) -> tuple[str, str]:
    """The response body and its content type; always JSON, whatever ``accept`` asks for.

    The type is returned with the body because the container would answer a bare string as ``text/html``, which data
    capture stores as base64.
    """
    predictions = [
        {"score": score, "decision": decision}
        for score, decision in zip(answer.scores.tolist(), answer.decisions, strict=True)
    ]
    return json.dumps({"predictions": predictions, "model_version": answer.version}), JSON


def _matrix(instances: Sequence[Instance], features: Sequence[str]) -> np.ndarray:
    rows = [[instance.get(name) for name in features] for instance in instances]
    for position, row in enumerate(rows):
        for name, value in zip(features, row, strict=True):
            if value is not None and (not isinstance(value, (int, float)) or abs(value) > _LARGEST):
                raise ValueError(f"instances[{position}].{name} is neither a number within 32-bit floats nor null")
    return np.array(rows, dtype=np.float32)


def _reject_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON; send null for a missing value")
