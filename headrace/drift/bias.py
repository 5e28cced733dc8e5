"""Is the model as fair as it was? Bias metrics then and now, with intervals: few rows make no verdict.

The metrics and their signs are those of ``bias.json``, which an evaluation writes for its facets. A metric has drifted
if its whole interval lies beyond its bounds, or, where it has none, if it lies beyond the baseline's whole interval.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Bias = Mapping[str, Any]
"""One facet as ``bias.json`` describes it: field, condition, rows, metrics, intervals, bounds."""


@dataclass(frozen=True, kw_only=True)
class BiasDrift:
    """One metric of one facet that is no longer what it was."""

    facet: str
    condition: str
    metric: str
    before: float | None
    after: float
    description: str


def drifted(baseline: Sequence[Bias], current: Sequence[Bias], *, minimum_rows: int = 200) -> list[BiasDrift]:
    """Metrics that left their bounds or their baseline, facet by facet.

    Args:
        baseline: the facets when the model was judged.
        current: the facets now.
        minimum_rows: with fewer rows in either group of a facet there is no verdict.
    """
    known = {(it["field"], it["condition"]): it for it in baseline}
    found: list[BiasDrift] = []
    for facet in current:
        if min(facet["rows"].values()) >= minimum_rows:
            found += _of_facet(known.get((facet["field"], facet["condition"])), facet)
    return found


def violations(found: Sequence[BiasDrift]) -> dict[str, Any]:
    """Clarify's ``constraint_violations.json`` of bias: keyed by facet, not by feature."""
    return {
        "version": "1.0",
        "violations": [
            {
                "facet": it.facet,
                "facet_value": it.condition,
                "metric_name": it.metric,
                "constraint_check_type": "bias_drift_check",
                "description": it.description,
            }
            for it in found
        ],
    }


def _of_facet(before: Bias | None, after: Bias) -> Iterator[BiasDrift]:
    for name, interval in after["intervals"].items():
        low, high = (_or(interval[0], -_ENDLESS), _or(interval[1], _ENDLESS))
        value, was = after["metrics"].get(name), before["metrics"].get(name) if before else None
        bound = after.get("bounds", {}).get(name)
        source = "bounds"
        if bound is None and before is not None:
            bound, source = before["intervals"].get(name), "baseline's interval"
        if value is None or bound is None:
            continue
        least, most = _or(bound[0], -_ENDLESS), _or(bound[1], _ENDLESS)
        if low > most or high < least:
            told = "" if was is None else f", before {was:.4g}"
            yield BiasDrift(
                facet=str(after["field"]),
                condition=str(after["condition"]),
                metric=name,
                before=was,
                after=value,
                description=f"Value {value:.4g}{told} with interval [{low:.4g}, {high:.4g}] does not meet the {source} "
                f"[{least:.4g}, {most:.4g}].",
            )


def _or(value: float | None, otherwise: float) -> float:
    """JSON has no infinity: null stands for it."""
    return otherwise if value is None else float(value)


_ENDLESS = float("inf")
