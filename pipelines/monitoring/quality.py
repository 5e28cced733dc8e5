"""Model quality of matured answers: join, measure, judge, and show."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from headrace.drift.model_quality import (
    LEAST_DROP,
    Figure,
    Quality,
    QualityVerdict,
    document,
    judge,
    label_delay_s,
    mature,
)
from headrace.ground_truth import Truth
from headrace.schema import format_timestamp
from pipelines.jobs.judging import bootstrap
from pipelines.jobs.judging.bootstrap import Judged
from pipelines.jobs.metrics import Ranking
from pipelines.jobs.report import cells
from pipelines.jobs.report.svg import interval_bar
from pipelines.monitoring.answers import Answers

EVALUATION, DOCUMENT = "evaluation.json", "model_quality.json"
_METRICS = "binary_classification_metrics"
_LOOKED_AT = ("auc", "average_precision", "precision", "recall", "f1", "accuracy")
_RESAMPLES = 100
_MOST_RESAMPLED = 50_000
_HALF = 1.959964


@dataclass(frozen=True, kw_only=True)
class QualityFound:
    """How good matured answers are, what that means, and how many rows it rests on."""

    current: Quality
    verdict: QualityVerdict
    about: Mapping[str, Any]

    @property
    def document(self) -> dict[str, Any]:
        """``model_quality.json``."""
        return document(self.current, self.verdict, self.about)


def of_evaluation(folder: Path) -> tuple[Quality, float | None] | None:
    """The quality and the threshold in the ``evaluation.json`` of a baseline's folder; None if it has none."""
    path = folder / EVALUATION
    if not path.is_file():
        return None
    found = json.loads(path.read_text())
    metrics, ours = found.get(_METRICS, {}), found.get("headrace", {})
    figures = {
        name: Figure(value=float(metrics[name]["value"]), deviation=_known(metrics[name].get("standard_deviation")))
        for name in _LOOKED_AT
        if name in metrics
    }
    quality = Quality(rows=int(ours.get("rows", 0)), positives=int(ours.get("positives", 0)), figures=figures)
    return quality, ours.get("threshold")


def version_of(folder: Path) -> str:
    """The version of the model that was evaluated, as its answers name it; empty if the folder does not say."""
    path = folder / EVALUATION
    return str(json.loads(path.read_text()).get("headrace", {}).get("model_version", "")) if path.is_file() else ""


def measured(
    answers: Answers,
    truths: Mapping[str, Truth],
    *,
    threshold: float,
    delay_s: float | None,
    collected_until: float | None = None,
) -> QualityFound:
    """Join answers with their labels and measure those that have matured; the verdict is still open.

    Args:
        answers: with scores.
        truths: the label of every id that has one.
        threshold: scores from here on are called positive.
        delay_s: how long labels take; None if that is to be learned from those that came.
        collected_until: until when labels were collected, epoch seconds; None: until the last one that came.
    """
    joined = [truths.get(name) for name in answers.ids]
    has = np.array([it is not None for it in joined], dtype=bool)
    labels = np.array([it.value if it else 0 for it in joined])
    given = np.array([it.labelled_at if it and it.labelled_at >= 0 else np.nan for it in joined])
    timed = has & np.isfinite(given) & np.isfinite(answers.times)
    waits = label_delay_s(answers.times[timed], given[timed])
    delay = max(waits, delay_s or 0.0)
    known_until = float(np.max(given[timed])) if timed.any() else float("inf")
    known_until = max(known_until, collected_until or 0.0)
    old = mature(answers.times, known_until=known_until, delay_s=delay)
    chosen = has & old
    return QualityFound(
        current=quality_of(labels[chosen], answers.scores[chosen], threshold),
        verdict=QualityVerdict(status="UNKNOWN", reason=""),
        about={
            "threshold": threshold,
            "answers": len(answers.ids),
            "unnamed_answers": answers.unnamed,
            "answers_of_other_models": answers.foreign,
            "repeated_answers": answers.repeated,
            "immature_answers": int((~old).sum()),
            "unlabelled_answers": int((old & ~has).sum()),
            "label_delay_s": round(delay),
            "known_until": format_timestamp(int(known_until)) if np.isfinite(known_until) else None,
        },
    )


def judged(found: QualityFound, baseline: Quality | None, *, least_drop: float = LEAST_DROP) -> QualityFound:
    """The same with its verdict; a smaller fall than ``least_drop`` does not matter."""
    verdict = judge(baseline, found.current, least_drop=least_drop)
    return QualityFound(current=found.current, verdict=verdict, about=found.about)


def quality_of(labels: np.ndarray, scores: np.ndarray, threshold: float) -> Quality:
    """Metrics with their bootstrap deviations; none if one class is absent.

    Args:
        labels: 0 or 1, shape (n,).
        scores: shape (n,).
        threshold: scores from here on are called positive.
    """
    positives = int(labels.sum())
    if not 0 < positives < len(labels):
        return Quality(rows=len(labels), positives=positives, figures={})
    exact = Ranking.of(labels, scores).figures(threshold)
    rows = np.random.default_rng(0).permutation(len(labels))[:_MOST_RESAMPLED]
    # Of a part of the rows metrics vary more, by the root of how many times fewer they are.
    scale = float(np.sqrt(len(rows) / len(labels)))
    part = Judged(Ranking.of(labels[rows], scores[rows]), threshold)
    spread = {}
    if 0 < int(labels[rows].sum()) < len(rows):
        spread = bootstrap.deviations(bootstrap.resample([part], resamples=_RESAMPLES, seed=0)[0])
    figures = {name: Figure(value=exact[name], deviation=scale * spread.get(name, 0.0)) for name in _LOOKED_AT}
    return Quality(rows=len(labels), positives=positives, figures=figures)


def section(found: QualityFound) -> str:
    """The report's section: the verdict and every metric then and now."""
    verdict, about = found.verdict, found.about
    tone = {"HEALTHY": "", "DEGRADED": " bad", "UNKNOWN": ""}[verdict.status]
    before = {it.metric: it for it in verdict.drops}
    rows = []
    for name, it in found.current.figures.items():
        low, high = max(0.0, it.value - _HALF * it.deviation), min(1.0, it.value + _HALF * it.deviation)
        drop = before.get(name)
        picture = interval_bar(
            it.value,
            low,
            high,
            scale=(0.0, 1.0),
            mark=drop.before.value if drop else None,
            role="positive" if drop and drop.degraded else "accent",
        )
        said = "" if drop is None else "worse" if drop.degraded else "within"
        was = f"{drop.before.value:.4f}" if drop else ""
        now = [f"<b>{it.value:.4f}</b>", f"{low:.3f} to {high:.3f}", cells.bar(picture)]
        rows.append([escape(name), was, *now, cells.verdict(said)])
    table = cells.table(["metric", "#baseline", "#now", "#95 % interval", "0 to 1", "verdict"], rows) if rows else ""
    late = (
        f"{found.current.rows:,} of {about['answers']:,} answers are labelled and old enough to be judged; "
        f"{about['immature_answers']:,} are too young (labels take up to {about['label_delay_s'] / 86_400:.3g} days), "
        f"{about['unlabelled_answers']:,} have no label."
    )
    return (
        f'<div class="panel verdict{tone}"><strong>{verdict.status}</strong><p class="note">{escape(verdict.reason)} '
        f"{escape(late)}</p>{table}</div>"
    )


def _known(deviation: object) -> float:
    """Model Monitor writes the text NaN where it knows no deviation."""
    return float(deviation) if isinstance(deviation, int | float) and np.isfinite(deviation) else 0.0
