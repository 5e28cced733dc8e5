"""What a deployed model does with what it is asked now: whom it calls, and by which features it decides."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headrace.drift import attribution
from headrace.events.drift import Kind
from headrace.ground_truth import Truth
from headrace.usecase import UseCase
from pipelines.jobs import artifact
from pipelines.jobs.inference import ServedModel
from pipelines.jobs.judging.explanation import explanation
from pipelines.jobs.judging.judgement import contestant
from pipelines.monitoring import ranks
from pipelines.monitoring.analyses import attributions, biases
from pipelines.monitoring.group_bias import Known, bias_drift
from pipelines.monitoring.quality import EVALUATION
from pipelines.monitoring.sample import Sampled, sampled


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Folders of the model's artifact, what it was asked, the lake's events, and what came with it; labels by id.

    ``bias`` and ``explanation`` are folders of the package's baselines; without them its evaluation says how it was.
    """

    model: Path
    capture: Path
    events: Path
    evaluation: Path
    bias: Path
    explanation: Path
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
        attribution_drift(model, rows, (asked.explanation, asked.evaluation), usecase)
        if "attribution" in wanted
        else None,
        bias_drift(usecase, model.features, rows, _known(usecase, asked)) if "bias" in wanted else None,
    )


def attribution_drift(
    model: ServedModel, rows: Sampled, known: Sequence[Path], usecase: UseCase
) -> dict[str, Any] | None:
    """The order of attributions then and now: nDCG, features, and the violation if any; None if either is unknown.

    Args:
        model: that answers.
        rows: that it was asked.
        known: folders that may say how it was.
        usecase: names the label, and says from where on a change of order matters.

    Raises:
        TableError: if what they say cannot be read.
    """
    before = attributions(*known)
    now = explanation(model, rows.matrix, rows.scores, threshold=float("inf"), seed=0) if before else None
    if not before or now is None:
        return None
    today = {it["feature"]: float(it["mean_absolute"]) for it in now["features"]}
    found = attribution.ndcg(before, today)
    return {
        "ndcg": round(found, 6),
        "rows": now["rows"],
        "features": ranks.ranked(before, today),
        "violations": attribution.violations(
            found, label=usecase.label.field, least=usecase.monitor.thresholds.least_ndcg
        )["violations"],
    }


def _known(usecase: UseCase, asked: Asked) -> Known:
    """What bias is held against; where nothing says how it was, bounds alone decide."""
    threshold = _section(asked.evaluation / EVALUATION, "threshold")
    return Known(
        truths=asked.truths,
        events=asked.events,
        before=biases(usecase.model.facets, asked.bias, asked.evaluation),
        threshold=0.5 if threshold is None else float(threshold),
    )


def _section(path: Path, name: str) -> Any:
    if not path.is_file():
        return None
    return json.loads(path.read_text()).get("headrace", {}).get(name)
