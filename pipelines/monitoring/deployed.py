"""What a deployed model does with what it is asked now: whom it calls, and by which features it decides."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from headrace.drift import attribution, bias
from headrace.ground_truth import Truth
from headrace.usecase import UseCase
from pipelines.jobs.inference import ServedModel
from pipelines.jobs.judging.bias import facet_rows, judge_facet
from pipelines.jobs.judging.explanation import explanation
from pipelines.monitoring.quality import EVALUATION
from pipelines.monitoring.sample import Sampled

BIAS = "bias.json"


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
