"""``quality.html``: the verdict on one page that needs nothing else, made of string templates, which every job has."""

from collections.abc import Mapping, Sequence
from html import escape
from string import Template
from typing import Any

from headrace.schema import format_timestamp
from pipelines.jobs.training_set import TIMESTAMP
from pipelines.quality.drawing import completeness, histogram
from pipelines.quality.profile import EARLIEST, LATEST
from pipelines.quality.style import STYLE

_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>$title · $usecase · Headrace</title>
<style>$style</style>
</head>
<body>
<header>
<p class="brand">Headrace · data quality</p>
<h1 class="$tone">$headline</h1>
<p class="lead">$lead</p>
<dl class="facts">$facts</dl>
</header>
<main>
$sections
</main>
<footer>
<p>Counts, means and ranges are of all rows. Distributions are drawn from $sampled of them, chosen by the hash of the
event's id; each end of a picture takes in the last hundredth of the values. Masked values are never shown.</p>
</footer>
</body>
</html>
""")
_PANEL = Template("""<section class="panel $tone"><h2>$title</h2>$body</section>""")
_CARD = Template("""<article class="column $verdict">
<h3><span>$name</span>$tag</h3>
$bar
$figures
$drawing
</article>""")
_WORDS = {"passed": "passed", "error": "failed", "warning": "odd"}


def page(document: Mapping[str, Any]) -> str:
    """The report of one verdict, as ``document`` describes it; everything in it is escaped."""
    failed, warned = document["failed"], document["warnings"]
    passed = [it for it in document["rules"] if it["passed"]]
    sections = [
        _rules("What stops training", failed, "bad"),
        _rules("What is odd, and stops nothing", warned, "warned"),
        _columns(document),
        _panel(
            "Rules that hold",
            f"<details><summary>{len(passed)} rules</summary>{_table(passed)}</details>" if passed else "",
        ),
    ]
    return _PAGE.substitute(
        title="Refused" if failed else "Passed",
        usecase=escape(document["usecase"]),
        style=STYLE,
        tone="bad" if failed else "good",
        headline=_headline(document),
        lead=escape(document["description"]),
        facts=_facts(document),
        sections="\n".join(filter(None, sections)),
        sampled=f"{document['sampled_rows']:,}",
    )


def _headline(document: Mapping[str, Any]) -> str:
    failed = len(document["failed"])
    if failed:
        return f"Refused: {failed} {'rule does' if failed == 1 else 'rules do'} not hold"
    return "Passed: this training set may be trained on"


def _facts(document: Mapping[str, Any]) -> str:
    known = document["positives"] + document["negatives"]
    facts = {"rows": f"{document['rows']:,}"}
    if known:
        facts[escape(document["label"])] = f"{document['positives']:,} ({document['positives'] / known:.2%})"
    facts |= {
        "rules": f"{len(document['rules']):,}",
        "failed": f"{len(document['failed']):,}",
        "odd": f"{len(document['warnings']):,}",
    }
    return "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts.items())


def _panel(title: str, body: str, tone: str = "") -> str:
    return _PANEL.substitute(title=title, body=body, tone=tone) if body else ""


def _rules(title: str, findings: Sequence[Mapping[str, Any]], tone: str) -> str:
    return _panel(title, _table(findings), tone) if findings else ""


def _table(findings: Sequence[Mapping[str, Any]]) -> str:
    rows = "".join(
        f"<tr><th scope='row'>{escape(it['column']) or 'the set'}</th><td>{escape(it['rule'])}</td>"
        f"<td>{escape(it['expected'])}</td><td class='found'>{escape(it['found'])}{_examples(it['examples'])}</td></tr>"
        for it in findings
    )
    head = "".join(f"<th scope='col'>{name}</th>" for name in ("column", "rule", "expected", "found"))
    return f"<div class='scroll'><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"


def _examples(examples: Sequence[Mapping[str, str]]) -> str:
    if not examples:
        return ""
    shown = ", ".join(
        f"<code>{escape(it['event_id'])}</code>" + (f" ({escape(it['value'])})" if it["value"] else "")
        for it in examples
    )
    return f"<div class='examples'>for example {shown}</div>"


def _columns(document: Mapping[str, Any]) -> str:
    if not document["rows"]:
        return ""
    cards = "".join(_card(it) for it in document["columns"])
    label = escape(document["label"])
    key = (
        "<p class='note'>Bars under a name: the share of rows with a value."
        "<span class='key' style='background:var(--rest)'></span>rows without "
        f"{label}<span class='key' style='background:var(--bad)'></span>rows with {label}, "
        "as shares of their own kind</p>"
    )
    return _panel("Columns", f"<div class='columns'>{cards}</div>{key}")


def _card(column: Mapping[str, Any]) -> str:
    tag = f"<span class='tag {column['verdict']}'>{_WORDS[column['verdict']]}</span>"
    return _CARD.substitute(
        verdict=column["verdict"],
        name=escape(column["name"]),
        tag=tag if column["verdict"] != "passed" else "",
        bar=completeness(column["completeness"]),
        figures=_figures(column),
        drawing=histogram(column["histogram"], column["name"]) if "histogram" in column else "",
    )


def _figures(column: Mapping[str, Any]) -> str:
    left = f"{column['missing']:,} missing" if column["missing"] else "complete"
    if "unread" in column:
        return f"<p class='small'><span>{escape(column['unread'])}</span></p>"
    if column["masked"]:
        right = "masked"
    elif column["name"] == TIMESTAMP and "mean" in column:
        right = " to ".join(_moment(column[end]) for end in ("minimum", "maximum"))
    elif "mean" not in column:
        right = (
            f"{'' if column['distinct']['exact'] else 'about '}{column['distinct']['count']:,} distinct"
            if "distinct" in column
            else ""
        )
    else:
        right = f"mean {column['mean']:.4g}, {column['minimum']:.4g} to {column['maximum']:.4g}"
    return f"<p class='small'><span>{left}</span><span>{right}</span></p>"


def _moment(seconds: float) -> str:
    return format_timestamp(int(seconds)).partition("T")[0] if EARLIEST <= seconds < LATEST else f"{seconds:.0f}"
