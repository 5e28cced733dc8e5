"""``bias.json``: the bias metrics of every facet, in the form of SageMaker Clarify, and a verdict where rows allow one.

Metrics of labels come from training rows, metrics of calls from test rows. A facet with few rows has intervals and no
verdict; one with enough is beyond its bounds only if the whole 95 % interval is.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from headrace.usecase import Facet, UseCase
from pipelines.jobs.judging import bias_metrics as formulas
from pipelines.jobs.judging.bias_metrics import Tally
from pipelines.jobs.judging.proportions import Interval, difference, ratio

BEFORE = {
    "CI": ("Class Imbalance (CI)", formulas.class_imbalance),
    "DPL": ("Difference in Positive Proportions in Labels (DPL)", formulas.label_rate_difference),
    "KL": ("Kullback-Leibler Divergence (KL)", formulas.kullback_leibler),
    "JS": ("Jensen-Shannon Divergence (JS)", formulas.jensen_shannon),
}
"""Metrics of the labels, before anything is trained."""
AFTER = {
    "DPPL": ("Difference in Positive Proportions in Predicted Labels (DPPL)", formulas.call_rate_difference),
    "DI": ("Disparate Impact (DI)", formulas.disparate_impact),
    "RD": ("Recall Difference (RD)", formulas.recall_difference),
    "AD": ("Accuracy Difference (AD)", formulas.accuracy_difference),
}
"""Metrics of the model's calls."""


@dataclass(frozen=True, kw_only=True)
class FacetRows:
    """One facet's rows: who is disadvantaged, shape (n,), True or False, and who has no value and is in no group."""

    facet: Facet
    disadvantaged: np.ndarray
    unknown: np.ndarray

    def tallies(self, labels: np.ndarray, calls: np.ndarray) -> tuple[Tally, Tally]:
        """The advantaged and the disadvantaged, counted by labels and calls (0 or 1, shape (n,))."""
        wanted = self.facet.favourable
        pairs = ((labels == wanted), (calls == wanted))
        return _tally(~self.disadvantaged & ~self.unknown, *pairs), _tally(self.disadvantaged, *pairs)


def facet_rows(usecase: UseCase, facet: Facet, values: np.ndarray) -> FacetRows:
    """Tell the groups apart.

    Args:
        usecase: knows which fields are coded.
        facet: whose condition it is.
        values: of the field, shape (n,): numbers with NaN, or texts with None, where missing.
    """
    unknown = pd.isna(values)
    if facet.values:
        coded = {it.name: it.codes for it in usecase.event.fields if it.name in usecase.inputs and it.allowed}
        codes = coded.get(facet.field, {})
        chosen = {codes.get(str(it), it) if codes else it for it in facet.values}
        inside = np.array([it in chosen for it in values.tolist()])
    elif facet.below is not None:
        inside = np.nan_to_num(values.astype(np.float64), nan=math.inf) < facet.below
    else:
        inside = np.nan_to_num(values.astype(np.float64), nan=-math.inf) >= float(facet.at_least or 0)
    return FacetRows(facet=facet, disadvantaged=inside & ~unknown, unknown=unknown)


def judge_facet(facet: Facet, before: tuple[Tally, Tally], after: tuple[Tally, Tally]) -> dict[str, Any]:
    """Every metric of a facet with its interval, the size of its groups, and the verdict.

    Args:
        facet: with its bounds.
        before: tallies of training rows; their calls do not matter.
        after: tallies of test rows.
    """
    a, d = after
    intervals = {
        "DPL": difference(before[0].favoured, before[0].rows, before[1].favoured, before[1].rows),
        "DPPL": difference(a.called, a.rows, d.called, d.rows),
        "DI": ratio(d.called, d.rows, a.called, a.rows),
        "RD": difference(a.tp, a.favoured, d.tp, d.favoured),
        "AD": difference(a.right, a.rows, d.right, d.rows),
    }
    bounds = {"DI": facet.disparate_impact, "AD": (-facet.accuracy_difference, facet.accuracy_difference)}
    values = {name: formula(*before) for name, (_, formula) in BEFORE.items()}
    values |= {name: formula(*after) for name, (_, formula) in AFTER.items()}
    enough = min(a.rows, d.rows) >= facet.minimum_rows
    return {
        "field": facet.field,
        "condition": facet.condition,
        "favourable": facet.favourable,
        "rows": {"advantaged": a.rows, "disadvantaged": d.rows},
        "metrics": {name: _finite(value) for name, value in values.items()},
        "intervals": {name: [_finite(low), _finite(high)] for name, (low, high) in intervals.items()},
        "bounds": {name: list(bound) for name, bound in bounds.items()},
        "verdicts": {name: _verdict(intervals[name], bounds[name], enough) for name in bounds},
    }


def document(judged: Sequence[Mapping[str, Any]], label: str) -> dict[str, Any]:
    """The whole file: Clarify's sections, and ours with intervals and verdicts."""
    return {
        "version": "1.0",
        "pre_training_bias_metrics": _section(judged, label, {name: words for name, (words, _) in BEFORE.items()}),
        "post_training_bias_metrics": _section(judged, label, {name: words for name, (words, _) in AFTER.items()}),
        "headrace": {"facets": list(judged)},
    }


def _section(judged: Sequence[Mapping[str, Any]], label: str, words: Mapping[str, str]) -> dict[str, Any]:
    facets: dict[str, list[dict[str, Any]]] = {}
    for it in judged:
        metrics = [{"name": name, "description": words[name], "value": it["metrics"][name]} for name in words]
        facets.setdefault(it["field"], []).append({"value_or_threshold": it["condition"], "metrics": metrics})
    return {"facets": facets, "label": label, "label_value_or_threshold": str(judged[0]["favourable"] if judged else 1)}


def _tally(group: np.ndarray, favoured: np.ndarray, called: np.ndarray) -> Tally:
    return Tally(
        tp=int(np.sum(group & favoured & called)),
        fp=int(np.sum(group & ~favoured & called)),
        fn=int(np.sum(group & favoured & ~called)),
        tn=int(np.sum(group & ~favoured & ~called)),
    )


def _verdict(interval: Interval, bound: tuple[float, float], enough: bool) -> str:
    if not enough:
        return "too few rows"
    return "beyond" if interval[0] > bound[1] or interval[1] < bound[0] else "within"


def _finite(value: float) -> float | None:
    """JSON has no infinity."""
    return round(value, 6) if math.isfinite(value) else None
