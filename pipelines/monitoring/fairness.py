"""What a run found about bias, for its readers: figures with the dimensions of their group, and the report's table.

Imports no learning library, for every run writes reports, in a function too.
"""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from headrace.usecase import UseCase
from pipelines.jobs.report import cells

DOCUMENT = "bias.json"


def figures(usecase: UseCase, found: Mapping[str, Any]) -> Iterator[tuple[dict[str, str], dict[str, float]]]:
    """Metrics of every facet that has rows enough, each with the dimensions that tell it from the others."""
    facets = {(it.field, it.condition): it for it in usecase.model.facets}
    for facet in found["facets"]:
        judged = facets[facet["field"], facet["condition"]]
        if min(facet["rows"].values()) < judged.minimum_rows:
            continue
        known = {f"bias_metric_{name}": it for name, it in facet["metrics"].items() if it is not None}
        yield {"Facet": facet["field"], "FacetValue": judged.dimension}, known


def section(found: Mapping[str, Any]) -> str:
    """The report's section: every metric then and now, and what is no longer as it was."""
    before = {(it["field"], it["condition"]): it["metrics"] for it in found["baseline"]}
    broken = {(it["facet"], it["facet_value"], it["metric_name"]) for it in found["violations"]}
    rows = []
    for facet in found["facets"]:
        key, groups = (facet["field"], facet["condition"]), facet["rows"]
        who = f"{' '.join(key)} ({groups['disadvantaged']:,} of {sum(groups.values()):,} rows)"
        few = "too few rows" in facet["verdicts"].values()
        for name, interval in facet["intervals"].items():
            bound = facet["bounds"].get(name)
            now = [_shown(facet["metrics"][name]), " to ".join(map(_shown, interval))]
            limits = " to ".join(map(_shown, bound)) if bound else ""
            told = "too few rows" if few else "changed" if (*key, name) in broken else "as before"
            rows.append([escape(who), name, _shown(before.get(key, {}).get(name)), *now, limits, cells.verdict(told)])
            who = ""
    heads = ["group", "metric", "#baseline", "#now", "#95 % interval", "#bounds", "verdict"]
    return f'<div class="panel">{cells.table(heads, rows)}</div>'


def _shown(value: float | None) -> str:
    """JSON has no infinity: null stands for what is unknown or endless."""
    return "" if value is None else f"{value:.4g}"
