"""Does the deployed model treat groups as it did? Bias of labelled answers against the evaluation's ``bias.json``.

A group is told apart by a feature, which capture holds, or by a field that the model never sees, which the lake holds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from headrace.drift import bias
from headrace.ground_truth import Truth
from headrace.usecase import Facet, UseCase
from pipelines.jobs.judging.bias import facet_rows, judge_facet
from pipelines.monitoring.groups import fields_of
from pipelines.monitoring.sample import Sampled


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of answers and of the model.

    Attributes:
        truths: labels by inference id.
        events: folder of the lake's events.
        before: the facets of the evaluation's ``bias.json``.
        threshold: scores from here on are calls.
    """

    truths: Mapping[str, Truth]
    events: Path
    before: Sequence[bias.Bias]
    threshold: float


def bias_drift(usecase: UseCase, features: tuple[str, ...], rows: Sampled, known: Known) -> dict[str, Any] | None:
    """Bias then and now, facet by facet; None without facets or without labelled answers.

    Args:
        usecase: with facets.
        features: of the model, which the rows have.
        rows: that it was asked.
        known: labels, events, and how it was.

    Returns:
        ``rows``, ``unplaced`` (the answers of which some facet does not know the group), ``judged`` (how many facets
        have rows enough for a verdict), ``facets``, ``baseline`` and ``violations``.

    Raises:
        TableError: if events cannot be read.
    """
    chosen = np.array([name in known.truths for name in rows.ids], dtype=bool)
    facets = [it for it in usecase.model.facets if it.field in features or it.field in usecase.uncaptured_facets]
    if not facets or not chosen.any():
        return None
    ids = [name for name in rows.ids if name in known.truths]
    labels = np.array([known.truths[name].value for name in ids])
    calls = (rows.scores[chosen] >= known.threshold).astype(np.int8)
    values: dict[str, np.ndarray] = {
        it.field: rows.matrix[chosen, features.index(it.field)].astype(np.float64)
        for it in facets
        if it.field in features
    }
    beside = list(dict.fromkeys(it.field for it in facets if it.field not in features))
    values |= fields_of(known.events, ids, usecase, beside)
    unplaced = np.zeros(len(ids), dtype=bool)
    now = []
    for facet in facets:
        placed = facet_rows(usecase, facet, values[facet.field])
        unplaced |= placed.unknown
        tallies = placed.tallies(labels, calls)
        now.append(judge_facet(facet, tallies, tallies))
    found = [it for facet, one in zip(facets, now, strict=True) for it in _drifted(facet, one, known.before)]
    return {
        "rows": len(ids),
        "unplaced": int(unplaced.sum()),
        "judged": sum(_enough(facet, one) for facet, one in zip(facets, now, strict=True)),
        "facets": now,
        "baseline": list(known.before),
        "violations": bias.violations(found)["violations"],
    }


def _drifted(facet: Facet, now: bias.Bias, before: Sequence[bias.Bias]) -> list[bias.BiasDrift]:
    return bias.drifted(before, [now], minimum_rows=facet.minimum_rows)


def _enough(facet: Facet, now: bias.Bias) -> bool:
    return bool(min(now["rows"].values()) >= facet.minimum_rows)
