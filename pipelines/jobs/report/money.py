"""The part of the page about money."""

from collections.abc import Mapping
from html import escape
from typing import Any

from pipelines.jobs.report import cells, plots
from pipelines.jobs.report.svg import number


def section(about: Mapping[str, Any], judged: Mapping[str, Any], matrix: Mapping[str, Mapping[str, int]]) -> str:
    """What errors cost: in figures, over thresholds and by decision."""
    cost = judged["cost"]
    saved = cost["without_model"] - cost["at_threshold"]
    tiles = [
        (
            number(cost["at_threshold"]),
            "errors at the threshold",
            f"from a score of {judged['threshold']:.3f} on",
        ),
        (number(cost["without_model"]), "without a model", "every positive missed"),
        (number(cost["alarm_on_all"]), "alarm on all", "every negative a false alarm"),
        (f"{saved / (cost['without_model'] or 1):.0%}", "saved", "of what no model would cost"),
    ]
    shown = "".join(
        f'<div class="panel tile"><div class="value">{value}</div><div class="words">{words}</div>'
        f'<div class="note">{note}</div></div>'
        for value, words, note in tiles
    )
    curve = plots.cost_curve(about["threshold"]) if "curve" in about["threshold"] else ""
    decisions = cells.table(
        ["decision", "#test rows", "#positives", "#share of positives"],
        (
            [escape(name), f"{it['rows']:,}", f"{it['positives']:,}", f"{it['positives'] / max(1, it['rows']):.2%}"]
            for name, it in judged["decisions"].items()
        ),
    )
    panel = (
        f'<div class="panel"><h3>Decisions</h3><p class="note">What each band of scores holds.</p>{decisions}<br>'
        f"<h3>At the threshold</h3>{confusion(matrix)}</div>"
    )
    return f'<h2>Money</h2><div class="tiles">{shown}</div><div class="two">{curve}{panel}</div>'


def confusion(matrix: Mapping[str, Mapping[str, int]]) -> str:
    """The confusion matrix, ``{label: {called: rows}}``."""
    return cells.table(
        ["truth", "#no alarm", "#alarm"],
        (
            [words, f"{matrix[label]['0']:,}", f"{matrix[label]['1']:,}"]
            for words, label in (("negative", "0"), ("positive", "1"))
        ),
    )
