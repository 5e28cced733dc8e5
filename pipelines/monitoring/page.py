"""``report.html``: what changed, ranked and in words, each column then and now; one page that needs nothing else."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from headrace.drift import ColumnFinding, Findings, Violation
from pipelines.jobs.report import cells
from pipelines.jobs.report.style import CSS
from pipelines.monitoring import distance_table, over_time
from pipelines.monitoring.drawing import drawing, gauge, legend
from pipelines.monitoring.watch import Watched

_STYLE = """
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 340px), 1fr)); gap: 16px; }
.cards.wide { grid-template-columns: repeat(auto-fill, minmax(min(100%, 500px), 1fr)); }
.card { padding: 14px 16px; display: flex; flex-direction: column; gap: 8px; }
.card.bad { border-color: var(--positive); }
.card h3 { display: flex; justify-content: space-between; gap: 10px; overflow-wrap: anywhere; margin: 0; }
.card .tag { color: var(--positive); font-size: .84rem; white-space: nowrap; }
.verdict ul { padding-left: 18px; margin: 8px 0 0; }
.panel + .panel { margin-top: 16px; } .cards > .panel + .panel { margin-top: 0; }
.card ul { padding-left: 18px; font-size: .92rem; overflow-wrap: anywhere; }
.card li + li { margin-top: 3px; }
.card .legend { margin: 0; }
.figures { display: flex; justify-content: space-between; gap: 10px; font-size: .82rem; color: var(--muted); }
svg.column { display: block; width: 100%; height: auto; margin-top: auto; }
svg.column text { font-size: 12px; fill: var(--muted); } svg.column .strong { fill: var(--ink); }
.cards:not(.wide) svg.column text { font-size: 16px; }
svg.heat { display: block; width: 100%; min-width: 640px; height: auto; }
svg.heat text { font-size: 12.5px; fill: var(--muted); } svg.heat .strong { fill: var(--ink); }
svg.gauge { display: block; width: 100%; height: 12px; }
.bad h1 { color: var(--positive); } .good h1 { color: var(--good); }
details summary { cursor: pointer; color: var(--accent); margin-bottom: 10px; }
td .what { overflow-wrap: anywhere; }
.rows { font-size: .86rem; } .rows summary { margin-bottom: 4px; } .rows code { font-size: .78rem; color: var(--muted);
  overflow-wrap: anywhere; }
"""
_CHECKS = {
    "data_type_check": "type",
    "completeness_check": "missing values",
    "baseline_drift_check": "distribution",
    "missing_column_check": "column is missing",
    "extra_column_check": "column is new",
    "categorical_values_check": "new categories",
}


@dataclass(frozen=True, kw_only=True)
class Titles:
    """What the two tables are called, whether the model got worse, further sections, and rows to look at.

    ``more`` is HTML by heading, ``rows`` HTML by column, ``over_time`` that of earlier runs, empty for none.
    """

    baseline: str
    current: str
    degraded: bool = False
    more: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, str] = field(default_factory=dict)
    over_time: str = ""


def render(watched: Watched, titles: Titles) -> str:
    """The page as HTML; the same comparison gives the same text."""
    found = watched.findings
    return document(
        headline=_headline(found, degraded=titles.degraded),
        lead=_lead(watched, titles),
        sections=_sections(watched, titles),
        footer=_footer(watched),
        bad=bool(found.violations) or titles.degraded,
    )


def document(*, headline: str, lead: str, sections: Iterable[str], footer: str, bad: bool) -> str:
    """A page of sections, which are HTML; everything else is text."""
    body = "".join(f"<section>{part}</section>" for part in sections if part)
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f"<title>{escape(headline)} · Headrace</title><style>{CSS}{_STYLE}</style></head>"
        f'<body class="{"bad" if bad else "good"}"><header><div class="brand">Headrace · monitor</div>'
        f'<h1>{escape(headline)}</h1><p class="lead">{escape(lead)}</p></header><main>{body}</main>'
        f"<footer>{escape(footer)}</footer></body></html>\n"
    )
    return page.encode("utf-8", "backslashreplace").decode()


def _headline(found: Findings, *, degraded: bool) -> str:
    if not found.violations:
        return "The model got worse, its inputs did not change" if degraded else "Nothing changed that matters"
    names = dict.fromkeys(it.feature_name for it in found.violations)
    few = ", ".join(list(names)[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")  # noqa: PLR2004 - three
    worse = "The model got worse, and " if degraded else ""
    return f"{worse}{len(names)} of {len(found.columns)} columns changed: {few}"


def _lead(watched: Watched, titles: Titles) -> str:
    before, after = watched.findings.rows
    judged = sum(it.judged for it in watched.findings.columns.values())
    odd = f" {watched.unreadable:,} lines could not be read." if watched.unreadable else ""
    again = f" {watched.repeated:,} answers about events answered before do not count." if watched.repeated else ""
    return (
        f"{after:,} rows of {titles.current}, held against {before:,} of {titles.baseline}; {judged} columns have "
        f"distributions to compare.{odd}{again}"
    )


def _footer(watched: Watched) -> str:
    it = watched.settings
    if it.numeric_threshold is not None or it.categorical_threshold is not None:
        return "Judged by fixed thresholds."
    return (
        f"A distribution has changed if its distance is above {it.least_effect:g} and beyond sampling noise: with "
        f"nothing changed, {it.false_alarms:.0%} of comparisons would name any column at all "
        f"({it.control.replace('_', '-')}). The mark on a bar is where that begins for the rows that were there."
    )


def _sections(watched: Watched, titles: Titles) -> Iterator[str]:
    found = watched.findings
    parts = [_verdict(found), *(f"<h2>{escape(head)}</h2>{html}" for head, html in titles.more.items())]
    yield from reversed(parts) if titles.degraded and not found.violations else parts
    wrong = {it.feature_name for it in found.violations}
    changed = sorted(
        (it for it in found.columns.values() if it.name in wrong), key=lambda it: (not it.drifted, -it.distance)
    )
    calm = sorted((it for it in found.columns.values() if it.name not in wrong), key=lambda it: -it.distance)
    if changed:
        yield _cards("What changed", changed, watched, titles)
    if watched.windows:
        yield f"<h2>Over time</h2>{over_time.section(watched.windows)}"
    if titles.over_time:
        yield f"<h2>Run by run</h2>{titles.over_time}"
    if any(it.pair for it in calm):
        yield _cards("What did not change", [it for it in calm if it.pair], watched, titles)
    yield distance_table.section(found)


def _verdict(found: Findings) -> str:
    if not found.violations:
        words = "Types, missing values, categories and distributions are what they were."
        return f'<div class="panel verdict"><strong>The data is clean</strong><p class="note">{words}</p></div>'
    rows = cells.table(
        ["column", "what", "how"],
        ([f"<b>{escape(it.feature_name)}</b>", _CHECKS[it.check], _how(it)] for it in found.violations),
    )
    count = len(found.violations)
    return f'<div class="panel verdict bad"><strong>{count} violation{"s" if count > 1 else ""}</strong>{rows}</div>'


def _how(it: Violation) -> str:
    return f'<span class="what">{escape(it.description)}</span>'


def _cards(head: str, columns: Sequence[ColumnFinding], watched: Watched, titles: Titles) -> str:
    found = watched.findings
    wide = any(found.of(it.name) for it in columns)
    cards = "".join(_card(it, found.of(it.name), watched, titles.rows.get(it.name, "")) for it in columns)
    return f'<h2>{head}</h2>{legend(drifted=wide)}<div class="cards{" wide" if wide else ""}">{cards}</div>'


def _card(it: ColumnFinding, wrong: Sequence[Violation], watched: Watched, rows: str) -> str:
    tags = " · ".join(dict.fromkeys(_CHECKS[one.check] for one in wrong))
    told = [one.description for one in wrong if one.check != "baseline_drift_check"]
    told += it.words if it.drifted else ()
    words = "".join(f"<li>{escape(text)}</li>" for text in told)
    bar = ""
    if it.judged:
        bar = gauge(it.distance, it.threshold, drifted=it.drifted) + (
            f'<div class="figures"><span>distance {it.distance:.3g}</span>'
            f"<span>drift from {it.threshold:.3g}</span></div>"
        )
    return (
        f'<div class="panel card{" bad" if wrong else ""}"><h3>{escape(it.name)}<span class="tag">{tags}</span></h3>'
        f"{f'<ul>{words}</ul>' if words else ''}{bar}{_missing(it.name, watched)}"
        f"{drawing(it.pair, drifted=bool(wrong)) if it.pair else ''}{rows}</div>"
    )


def _missing(name: str, watched: Watched) -> str:
    shares = [1 - it.columns[name].completeness for it in (watched.baseline, watched.current) if name in it.columns]
    if not any(shares):
        return ""
    return f'<div class="figures"><span>missing: {" → ".join(f"{it:.2%}" for it in shares)}</span></div>'
