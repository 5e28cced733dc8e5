"""Hold a table against its baseline and leave the documents and the page."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from headrace.drift import Findings, Settings, Summary, compare, documents
from pipelines.monitoring import baselines, over_time, shards
from pipelines.monitoring.counting import Counted, Report, Seasons, Windows, count
from pipelines.monitoring.refusal import TableError
from pipelines.monitoring.spelling import Texts

REPORT = "report.html"
_POSITIONAL = "_c"


@dataclass(frozen=True, kw_only=True)
class Watched:
    """Both tables, what is different, by which settings, lines unread, answers repeated, and windows over time."""

    baseline: Summary
    current: Summary
    findings: Findings
    settings: Settings
    unreadable: int
    repeated: int = 0
    windows: Sequence[over_time.Window] = ()


def watch(
    baseline: Path,
    current: Path,
    settings: Settings | None = None,
    *,
    seasons: Seasons | None = None,
    windows: Windows | None = None,
    quiet: Windows | None = None,
    thresholds: bool = False,
    texts: Texts = MappingProxyType({}),
    report: Report = lambda _: None,
) -> Watched:
    """Compare two places.

    Args:
        baseline: see ``baselines.read``.
        current: a table, a folder of tables, data capture, or the parts that several machines left.
        settings: what counts as a change.
        seasons: compare only the same hours of the baseline; needs a column of times in both.
        windows: hold windows of this length against the baseline too.
        quiet: how far windows of this length of the baseline are apart is no drift.
        thresholds: whether the thresholds of the baseline's ``constraints.json`` count.
        texts: of columns that are positions in the current place and texts in the baseline, as captured requests are.
        report: called with the number of rows read of either.

    Raises:
        TableError: if either cannot be read, or has no rows.
    """
    parted = shards.held(current)
    counted = (
        shards.gathered(current)
        if parted
        else count(current, seasons=seasons, windows=windows, texts=texts, report=report)
    )
    if not counted.summary.rows:
        raise TableError(f"{current}: has no rows; there is nothing to judge")
    normal = baselines.read(
        baseline,
        settings or Settings(),
        thresholds=thresholds,
        seasons=seasons,
        slots=counted.slots if seasons else None,
        quiet=quiet,
        report=report,
    )
    if not normal.summary.rows:
        raise TableError(f"{baseline}: has no rows; there is nothing to compare with")
    times = frozenset(it.time for it in (seasons, windows, quiet) if it is not None and it.time)
    return _judged(normal, counted, times)


def _judged(normal: baselines.Baseline, counted: Counted, times: frozenset[str]) -> Watched:
    """The comparison, without columns of times and without what a captured answer says beside the baseline's score."""
    found = _named(counted.summary, normal.summary)
    unknown = counted.answers - normal.summary.columns.keys()
    chosen = replace(normal.settings, ignore=normal.settings.ignore | times | unknown)
    return Watched(
        baseline=normal.summary,
        current=found,
        findings=compare(normal.summary, found, chosen, demanded=normal.rules),
        settings=chosen,
        unreadable=counted.unreadable,
        repeated=counted.repeated,
        windows=over_time.windows(normal.summary, counted.windows, chosen, normal.rules),
    )


def write(
    watched: Watched,
    out: Path,
    page: str,
    *,
    more: Mapping[str, Mapping[str, Any]] | None = None,
    violations: Sequence[Mapping[str, str]] = (),
) -> Path:
    """Write the three documents and the page into a folder, which is made; returns the page's path.

    The violations come last: whoever waits for them finds the others.

    Args:
        watched: what was found.
        out: the folder.
        page: the page's text.
        more: further documents by name.
        violations: of other kinds, in Model Monitor's words.

    Raises:
        TableError: if the folder cannot be written.
    """
    texts = {
        documents.STATISTICS: json.dumps(documents.statistics(watched.current), allow_nan=False),
        documents.CONSTRAINTS: json.dumps(documents.constraints(watched.baseline), indent=1, allow_nan=False),
        **({over_time.DOCUMENT: json.dumps(over_time.document(watched.windows))} if watched.windows else {}),
    }
    found = [*documents.violations(watched.findings)["violations"], *violations]
    return write_files(out, texts, page, more=more, violations=found)


def write_files(
    out: Path,
    texts: Mapping[str, str],
    page: str,
    *,
    more: Mapping[str, Mapping[str, Any]] | None = None,
    violations: Sequence[Mapping[str, str]] = (),
) -> Path:
    """Write documents, the page and, last of all, every violation; returns the page's path.

    Raises:
        TableError: if the folder cannot be written.
    """
    every = {
        **texts,
        **{name: json.dumps(it, indent=1, allow_nan=False) for name, it in (more or {}).items()},
        REPORT: page,
        documents.VIOLATIONS: json.dumps({"violations": [*violations]}, indent=1, allow_nan=False),
    }
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in every.items():
            (out / name).write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as exc:
        raise TableError(f"--out {out}: cannot be written ({exc.strerror}); name a folder that can be") from exc
    return out / REPORT


def _named(current: Summary, baseline: Summary) -> Summary:
    """Captured CSV has no names: its columns are the baseline's in their order, perhaps after the answer."""
    names = list(baseline.columns)
    positional = all(it.startswith(_POSITIONAL) for it in current.columns)
    if not positional or any(it.startswith(_POSITIONAL) for it in names):
        return current
    columns = list(current.columns.values())
    if len(columns) == len(names) + 1:
        columns = columns[1:]
    if len(columns) != len(names):
        return current
    return Summary(rows=current.rows, columns=dict(zip(names, columns, strict=True)))
