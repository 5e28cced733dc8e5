"""The files that one run of the monitor of a deployed model leaves: documents, the report, metrics."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from headrace.monitoring import RUN
from headrace.schema import format_timestamp
from headrace.usecase import UseCase
from pipelines.monitoring import examples, fairness, history, metrics, page, ranks, watch
from pipelines.monitoring.quality import DOCUMENT, section
from pipelines.monitoring.run import About, Run


def write(run: Run, about: About, out: Path, metrics_out: Path) -> Path:
    """Write documents, report and metrics; returns the report's path.

    Raises:
        TableError: if they cannot be written.
    """
    metrics_out.mkdir(parents=True, exist_ok=True)
    (metrics_out / metrics.FILE).write_text(_metrics(run, about))
    parts = {DOCUMENT: run.quality.document if run.quality else None, "attribution.json": run.attribution}
    if run.rows_to_look_at:
        parts[examples.DOCUMENT] = examples.document(run.rows_to_look_at)
    more: Mapping[str, Any] = {**parts, fairness.DOCUMENT: run.bias, RUN: run.document(about)}
    more = {name: it for name, it in more.items() if it is not None}
    if run.watched is None:
        return watch.write_files(out, {}, _page(run), more=more, violations=run.violations)
    titles = page.Titles(
        baseline="the deployed model's baseline",
        current="captured requests",
        degraded=run.quality is not None and run.quality.verdict.status == "DEGRADED",
        more=dict(_sections(run)),
        rows={name: examples.shown(rows) for name, rows in run.rows_to_look_at.items()},
        over_time=history.section(run.history, run.document(about)) if about.window_end else "",
    )
    return watch.write(run.watched, out, page.render(run.watched, titles), more=more, violations=run.others)


def _metrics(run: Run, about: About) -> str:
    ndcg = {"feature_attribution_ndcg": run.attribution["ndcg"]} if run.attribution else {}
    dimensions = {"UseCase": about.usecase.name, "Stage": about.stage, "Monitor": about.kind or "every"}
    timestamp = format_timestamp(int(datetime.now(UTC).timestamp()))
    groups = fairness.figures(about.usecase, run.bias) if run.bias else ()
    told = metrics.lines(
        run.watched.findings if run.watched else None,
        run.quality,
        more={
            **ndcg,
            **_business(run, about.usecase),
            "rows": float(run.rows),
            "violations": float(len(run.violations)),
            "degraded": float(run.status == "DEGRADED"),
        },
        dimensions=dimensions,
        timestamp=timestamp,
    )
    by_group = (
        metrics.lines(None, None, more=more, dimensions=dimensions | group, timestamp=timestamp)
        for group, more in groups
    )
    return told + "".join(by_group)


def _business(run: Run, usecase: UseCase) -> dict[str, float]:
    """Which share of answers each decision had, and what wrong calls cost per 1,000 labelled answers."""
    found: dict[str, float] = {}
    decided = run.watched.current.columns.get("decision") if run.watched else None
    if decided is not None and decided.texts.count:
        for band in usecase.decision.bands:
            found[f"decision_share_{band.decision}"] = decided.texts.named.get(band.decision, 0) / decided.texts.count
    figures = run.quality.current.figures if run.quality else {}
    if run.quality and {"recall", "precision"} <= figures.keys():
        label, current = usecase.label, run.quality.current
        caught = figures["recall"].value * current.positives
        precision = figures["precision"].value
        alarms = caught / precision - caught if precision else 0.0
        lost = (current.positives - caught) * label.missed_cost + alarms * label.false_alarm_cost
        found["cost_of_errors"] = round(1_000 * lost / current.rows, 2)
    return found


def _sections(run: Run) -> Iterator[tuple[str, str]]:
    if run.quality is not None:
        yield "Model quality", section(run.quality)
    if run.watched is None and run.attribution is not None:
        yield (
            "Attribution",
            _verdict(run.attribution, f"The order of features is kept to {run.attribution['ndcg']:.4f} of 1")
            + ranks.section(run.attribution),
        )
    if run.watched is None and run.bias is not None:
        words = f"{run.bias['judged']} of {len(run.bias['facets'])} facets have rows enough for a verdict"
        yield "Bias", _verdict(run.bias, words) + fairness.section(run.bias)


def _verdict(found: Mapping[str, Any], words: str) -> str:
    told = "".join(f"<li>{escape(_whose(it) + it['description'])}</li>" for it in found["violations"])
    tone = " bad" if told else ""
    note = f"{words}, on {found['rows']:,} rows."
    listed = f"<ul>{told}</ul>" if told else ""
    head = "DEGRADED" if told else "HEALTHY"
    return f'<div class="panel verdict{tone}"><strong>{head}</strong><p class="note">{escape(note)}</p>{listed}</div>'


def _whose(violation: Mapping[str, str]) -> str:
    """The group and the metric that a violation of bias is about."""
    if "facet" not in violation:
        return ""
    return f"{violation['facet']} {violation['facet_value']}, {violation['metric_name']}: "


def _page(run: Run) -> str:
    """The page of a run that did not look at the data."""
    heads = {"DEGRADED": "The model got worse", "HEALTHY": "The model is as it was", "UNKNOWN": "There is no verdict"}
    parts = [f"<h2>{escape(head)}</h2>{html}" for head, html in _sections(run)]
    return page.document(
        headline=heads[run.status],
        lead=f"{run.rows:,} captured answers, held against what came with the deployed model.",
        sections=parts or ['<div class="panel"><p class="note">Nothing could be judged.</p></div>'],
        footer="Beyond noise and large enough to matter: see docs/monitoring.md.",
        bad=run.status == "DEGRADED",
    )
