"""``quality.json``: the verdict as plain data. Equal training sets give equal documents."""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pipelines.jobs.training_set import LABEL
from pipelines.quality.column import Column
from pipelines.quality.finding import Finding
from pipelines.quality.profile import Profile

if TYPE_CHECKING:
    from pipelines.quality.gate import Verdict

Numbers = npt.NDArray[np.float64]
VERSION = 1
BINS = 24
_OUTER = 0.01
"""Share of values at either end that goes into the outermost bin, so that a long tail leaves room for the rest."""


def document(verdict: "Verdict") -> dict[str, Any]:
    """Everything that the report shows: the rules, and per column counts and distributions.

    Distributions come from a sample of at most 3,000 rows of each class; their counts are rows of these samples.
    """
    profile, usecase = verdict.profile, verdict.usecase
    failed: dict[str, str] = {it.column: "warning" for it in verdict.warnings}
    failed |= {it.column: "error" for it in verdict.failures}
    place = {name: index for index, name in enumerate(usecase.feature_names)}
    columns = []
    for name, column in profile.columns.items():
        described = _column(column) | {"verdict": failed.get(name, "passed")}
        if name in place and profile.rows:
            described |= _distribution(profile, place[name])
        columns.append(described)
    return {
        "version": VERSION,
        "usecase": usecase.name,
        "description": usecase.description,
        "label": usecase.label.field,
        "passed": verdict.passed,
        "rows": profile.rows,
        "positives": profile.positives,
        "negatives": profile.negatives,
        "sampled_rows": len(profile.hits) + len(profile.rest),
        "failed": [_finding(it) for it in verdict.failures],
        "warnings": [_finding(it) for it in verdict.warnings],
        "rules": [_finding(it) for it in verdict.findings],
        "columns": columns,
    }


def _finding(it: Finding) -> dict[str, Any]:
    return {
        "rule": it.rule,
        "column": it.column,
        "severity": it.severity,
        "passed": it.passed,
        "expected": it.expected,
        "found": it.found,
        "examples": [{"event_id": one.event_id, "value": one.value} for one in it.examples],
    }


def _column(column: Column) -> dict[str, Any]:
    watch = column.watch
    described: dict[str, Any] = {
        "name": watch.name,
        "kind": watch.kind,
        "masked": watch.masked,
        "completeness": round(column.completeness, 9),
        "missing": column.rows - column.present,
    }
    if column.absent or column.mistyped:
        described["unread"] = column.found_type or "absent"
    if column.distinct is not None:
        described["distinct"] = {"count": column.distinct.count, "exact": column.distinct.exact}
    if column.finite and not watch.masked:
        described |= {"mean": column.mean, "std": column.std, "minimum": column.minimum, "maximum": column.maximum}
    if count := column.wrong.get("infinite"):
        described["infinite"] = count
    return described


def _distribution(profile: Profile, feature: int) -> dict[str, Any]:
    """Quantiles of all rows, and counts of each class in bins that both share."""
    hits, rest = (it.numbers[:, feature][np.isfinite(it.numbers[:, feature])] for it in (profile.hits, profile.rest))
    known = np.concatenate([hits, rest])
    if not len(known):
        return {}
    # Both classes are sampled alike, so the rarer one's rows stand for fewer rows of the set.
    weights = np.repeat(
        [profile.positives / max(1, len(profile.hits)), (profile.rows - profile.positives) / max(1, len(profile.rest))],
        [len(hits), len(rest)],
    )
    low, high = _quantile(known, weights, _OUTER), _quantile(known, weights, 1 - _OUTER)
    if low == high:
        low, high = float(known.min()), float(known.max())
    edges = np.linspace(low, high, BINS + 1) if low < high else np.linspace(low - 1, low + 1, BINS + 2)
    return {
        "quantiles": {f"p{share}": _quantile(known, weights, share / 100) for share in (10, 50, 90)},
        "histogram": {
            "edges": [float(it) for it in edges],
            "rest": _counts(rest, edges),
            LABEL: _counts(hits, edges),
        },
    }


def _quantile(values: Numbers, weights: Numbers, share: float) -> float:
    """By nearest rank."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    return float(values[order][min(len(values) - 1, int(np.searchsorted(reached, share * reached[-1])))])


def _counts(values: Numbers, edges: Numbers) -> list[int]:
    return [int(it) for it in np.histogram(np.clip(values, edges[0], edges[-1]), edges)[0]]
