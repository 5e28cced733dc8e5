"""What a deployed model does with what it is asked now: whom it calls, and by which features it decides."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from headrace.drift import attribution, bias
from headrace.events.drift import Kind
from headrace.ground_truth import Truth
from headrace.usecase import UseCase
from pipelines.jobs import artifact
from pipelines.jobs.inference import ServedModel
from pipelines.jobs.judging.bias import facet_rows, judge_facet
from pipelines.jobs.judging.explanation import explanation
from pipelines.jobs.judging.judgement import contestant
from pipelines.monitoring.quality import EVALUATION
from pipelines.monitoring.sample import Sampled, sampled

BIAS = "bias.json"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Folders of the model's artifact, of what it was asked, of its evaluation; and labels by inference id."""

    model: Path
    capture: Path
    evaluation: Path
    truths: Mapping[str, Truth]


def changes(
    usecase: UseCase, asked: Asked, wanted: frozenset[Kind]
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Attribution and bias drift of the model that answered, each None if not wanted or if it cannot be judged."""
    if not artifact.held(asked.model):
        return None, None
    with tempfile.TemporaryDirectory() as scratch:
        model = contestant(usecase, artifact.unpack(asked.model, Path(scratch))).model
    by = model.version if "bias" in wanted else ""
    rows = sampled(asked.capture, model.features, most=usecase.monitor.sample_rows, version=by)
    if rows is None:
        return None, None
    return (
        attribution_drift(model, rows, asked.evaluation, usecase) if "attribution" in wanted else None,
        bias_drift(usecase, model, rows, asked.truths, asked.evaluation) if "bias" in wanted else None,
    )


def attribution_drift(model: ServedModel, rows: Sampled, evaluation: Path, usecase: UseCase) -> dict[str, Any] | None:
    """The order of attributions then and now: nDCG, and the violation if there is one; None if either is unknown.

    Args:
        model: that answers.
        rows: that it was asked.
        evaluation: folder of its ``evaluation.json``.
        usecase: names the label, and says from where on a change of order matters.
    """
    before = _section(evaluation / EVALUATION, "explanation")
    now = explanation(model, rows.matrix, rows.scores, threshold=float("inf"), seed=0) if before else None
    if not before or now is None:
        return None
    found = attribution.ndcg(_attributions(before), _attributions(now))
    return {
        "ndcg": round(found, 6),
        "rows": now["rows"],
        "violations": attribution.violations(
            found, label=usecase.label.field, least=usecase.monitor.thresholds.least_ndcg
        )["violations"],
    }


def bias_drift(
    usecase: UseCase, model: ServedModel, rows: Sampled, truths: Mapping[str, Truth], evaluation: Path
) -> dict[str, Any] | None:
    """Bias of labelled answers against that of the evaluation; None without facets among features, or without labels.

    Args:
        usecase: with facets.
        model: whose features the rows have.
        rows: that it was asked.
        truths: labels by inference id.
        evaluation: folder of its ``bias.json`` and ``evaluation.json``.
    """
    chosen = np.array([name in truths for name in rows.ids], dtype=bool)
    facets = [it for it in usecase.model.facets if it.field in model.features]
    if not facets or not chosen.any():
        return None
    labels = np.array([truths[name].value for name in rows.ids if name in truths])
    threshold = _section(evaluation / EVALUATION, "threshold")
    calls = (rows.scores[chosen] >= (0.5 if threshold is None else float(threshold))).astype(np.int8)
    now = []
    for facet in facets:
        values = rows.matrix[chosen, model.features.index(facet.field)].astype(np.float64)
        tallies = facet_rows(usecase, facet, values).tallies(labels, calls)
        now.append(judge_facet(facet, tallies, tallies))
    least = min(it.minimum_rows for it in facets)
    found = bias.drifted(_section(evaluation / BIAS, "facets") or [], now, minimum_rows=least)
    return {"rows": int(chosen.sum()), "facets": now, "violations": bias.violations(found)["violations"]}


def _section(path: Path, name: str) -> Any:
    if not path.is_file():
        return None
    return json.loads(path.read_text()).get("headrace", {}).get(name)


def _attributions(found: Mapping[str, Any]) -> dict[str, float]:
    return {it["feature"]: float(it["mean_absolute"]) for it in found["features"]}
