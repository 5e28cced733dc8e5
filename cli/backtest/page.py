"""The page of a backtest: policies side by side, then each week, each training, and how it was measured."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from cli.backtest import plots
from headrace.usecase import UseCase
from pipelines.jobs.report import cells
from pipelines.jobs.report.style import CSS
from pipelines.jobs.report.svg import number

Document = Mapping[str, Any]
_OUTCOMES = {"deployed": "pass", "refused": "fail", "failed": "fail"}


def render(document: Document, usecase: UseCase) -> str:
    """The page as HTML; the same summary gives the same text."""
    body = "".join(f"<section>{part}</section>" for part in _sections(document, usecase))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(usecase.name)}: backtest</title><style>{CSS}</style></head><body>"
        f'<header><div class="brand">Headrace</div><h1>{escape(usecase.description)}: when to train again</h1>'
        f'<p class="lead">{escape(_lead(document))}</p></header><main>{body}</main>'
        "<footer>Every event was answered by the model that was deployed when it came. Nothing was known before its "
        "time: labels reach windows, training sets and policies only once they have been given.</footer></body>"
        "</html>\n"
    )


def _lead(document: Document) -> str:
    totals = document["policies"][0]["total"]
    return (
        f"{totals['events']:,} events with {totals['positives']:,} positives from {document['from'][:10]} to "
        f"{document['until'][:10]}. Training sets span {document['train_days']} days; labels are known "
        f"{number(document['delay_s'] / 86_400)} days after their events."
    )


def _sections(document: Document, usecase: UseCase) -> Iterator[str]:
    policies = document["policies"]
    yield _verdict(document)
    yield f'<h2>Policies</h2><div class="panel">{_comparison(policies, usecase)}</div>'
    drawn = (plots.quality(policies), plots.money(policies), plots.missed(policies), plots.alerts(policies))
    yield f'<h2>Over time</h2><div class="two">{"".join(drawn)}</div>'
    yield f'<h2>Trainings</h2><div class="panel">{_trainings(policies)}</div>'
    for it in policies:
        yield f'<h2>Week by week: {escape(it["policy"])}</h2><div class="panel">{_weeks(it, usecase)}</div>'
    yield f'<h2>How it was measured</h2><div class="panel">{cells.facts(_terms(document))}</div>'


def _verdict(document: Document) -> str:
    policies, notices = document["policies"], document["notices"]
    served = [it for it in policies if it["total"]["deployed"]]
    notes = "".join(f'<p class="note">{escape(text)}</p>' for text in notices)
    if not served:
        return f'<div class="panel verdict bad"><strong>No model was ever deployed</strong>{notes}</div>'
    best = min(served, key=lambda it: (it["total"]["cost"], it["policy"]))
    total = best["total"]
    saved = total["cost_without_model"] - total["cost"]
    words = (
        f"{best['policy']} costs least: {number(total['cost'])}"
        if len(policies) > 1
        else f"Errors cost {number(total['cost'])}"
    )
    note = f"Missing every positive would cost {number(total['cost_without_model'])}; {number(saved)} saved."
    return f'<div class="panel verdict"><strong>{escape(words)}</strong><p class="note">{note}</p>{notes}</div>'


def _comparison(policies: Sequence[Document], usecase: UseCase) -> str:
    heads = ["policy", *_figure_heads(usecase), "#trainings", "#rejected"]
    rows = ([f"<b>{escape(it['policy'])}</b>", *_figures(it["total"]),
             f"{it['total']['trainings']}", f"{it['total']['rejected']}"] for it in policies)  # fmt: skip
    return cells.table(heads, rows)


def _weeks(policy: Document, usecase: UseCase) -> str:
    rows = ([_day(week["from"]), *_figures(week)] for week in policy["weeks"])
    return cells.table(["week from", *_figure_heads(usecase)], rows)


def _figure_heads(usecase: UseCase) -> list[str]:
    return ["#events", f"#{usecase.label.field.replace('_', ' ')}", "#average precision", "#AUC",
            f"#{usecase.primary.name} precision@100", "#recall at 1 % FPR", "#alerts", "#missed", "#false alarms",
            "#cost"]  # fmt: skip


def _figures(found: Document) -> list[str]:
    ranked = [found[it] for it in ("average_precision", "auc", "entity_precision_100", "recall_at_1pct_fpr")]
    counted = [f"{found[it]:,}" for it in ("alerts", "missed", "false_alarms")]
    return [f"{found['events']:,}", f"{found['positives']:,}", *("-" if it is None else f"{it:.4f}" for it in ranked),
            *counted, f"{found['cost']:,.0f}"]  # fmt: skip


def _trainings(policies: Sequence[Document]) -> str:
    rows = (
        [
            escape(policy["policy"]),
            _day(it["at"]),
            escape(it["reason"]),
            f"{it['rows']:,}",
            f"{it['positives']:,}",
            "-" if it["average_precision"] is None else f"{it['average_precision']:.4f}",
            f'<span class="{_OUTCOMES[it["outcome"]]}">{escape(it["outcome"])}</span>',
            escape(it["why"]),
            "" if it["outcome"] == "failed" else f'<a href="trainings/{escape(it["name"])}/report.html">report</a>',
        ]
        for policy in policies
        for it in policy["trainings"]
    )
    heads = ["policy", "at", "reason", "#labelled events", "#positives", "#test average precision", "", "why", ""]
    return cells.table(heads, rows)


def _day(moment: str) -> str:
    return f'<span class="number">{escape(moment[:10])}</span>'


def _terms(document: Document) -> dict[str, Any]:
    arriving = "reach windows as they become known"
    frozen = "that become known after the start reach nothing"
    return {
        "policies are asked every": f"{number(document['step_s'] / 86_400)} days",
        "labels": frozen if document["labels"] == "frozen" else arriving,
        "gates": document["gates"],
        "vectors": document["vectors"],
        "seed": "the use case's own" if document["seed"] is None else document["seed"],
        "a missed positive costs": document["costs"]["missed"],
        "a false alarm costs": document["costs"]["false_alarm"],
    }
