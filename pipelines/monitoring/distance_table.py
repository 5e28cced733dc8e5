"""The report's last section: every distance of every column, for whoever wants another measure."""

from html import escape

from headrace.drift import ColumnFinding, Findings
from headrace.drift.measures import MEASURES
from pipelines.jobs.report import cells


def section(found: Findings) -> str:
    """The section as HTML."""
    shown = [it for it in MEASURES if any(it in one.measures for one in found.columns.values())]
    rows = (
        [
            escape(it.name),
            *(f"{it.measures[measure]:.4f}" if measure in it.measures else "" for measure in shown),
            f"{it.threshold:.4f}" if it.judged else "",
            f"{it.p_value:.2g}" if it.judged else "",
            _say(it, found),
        ]
        for it in found.columns.values()
    )
    table = cells.table(
        ["column", *(f"#{MEASURES[measure].heading}" for measure in shown), "#threshold", "#p", "verdict"], rows
    )
    note = (
        "Kolmogorov-Smirnov, PSI over the baseline's tenths, Jensen-Shannon (base 2, a distance), Wasserstein in the "
        "baseline's standard deviations; p is adjusted for the number of columns."
    )
    return f'<h2>Every distance</h2><div class="panel"><p class="note">{note}</p>{table}</div>'


def _say(it: ColumnFinding, found: Findings) -> str:
    if found.of(it.name):
        return '<span class="fail">changed</span>'
    if it.judged:
        return '<span class="pass">as before</span>'
    return f'<span class="soft">{escape(" ".join(it.words))}</span>'
