"""Drift over time: every window of the current table held against the baseline, and a picture of all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from headrace.drift import Findings, Settings, Summary, compare
from headrace.drift.rules import Rule
from headrace.schema import format_timestamp

DOCUMENT = "drift_over_time.json"
_MOST_COLUMNS = 30
_NAME, _ROW, _HEAD = 210.0, 24.0, 22.0
_WIDTH = 1_100.0
_MOST_HEADS = 8


@dataclass(frozen=True, kw_only=True)
class Window:
    """A window's beginning in epoch seconds, and what was found of its rows."""

    start: int
    findings: Findings


def windows(
    baseline: Summary, parts: Mapping[int, Summary], settings: Settings, rules: Mapping[str, Rule] | None
) -> list[Window]:
    """Judge each window by itself, oldest first.

    Args:
        baseline: what is normal.
        parts: the summary of each window by its beginning.
        settings: what counts as a change.
        rules: of an imported baseline; None otherwise.
    """
    return [
        Window(start=start, findings=compare(baseline, parts[start], settings, demanded=rules))
        for start in sorted(parts)
    ]


def document(found: Sequence[Window]) -> dict[str, Any]:
    """``drift_over_time.json``: per window its rows, the columns that drifted, and every distance."""
    return {
        "version": 1,
        "windows": [
            {
                "start": format_timestamp(it.start),
                "rows": it.findings.rows[1],
                "magnitude": round(it.findings.magnitude, 6),
                "drifted": list(it.findings.drifted),
                "violations": len(it.findings.violations),
                "distances": {name: round(one.distance, 6) for name, one in it.findings.columns.items() if one.judged},
            }
            for it in found
        ],
    }


def section(found: Sequence[Window]) -> str:
    """A heat map: a row for each column that moved most, a cell for each window."""
    ranked = _ranked(found)
    if not ranked:
        return '<div class="panel"><p class="note">No window has enough rows to be judged.</p></div>'
    step = (_WIDTH - _NAME) / len(found)
    height = _HEAD + _ROW * len(ranked)
    parts = [_head(found, step)]
    for line, name in enumerate(ranked):
        top = _HEAD + line * _ROW
        shown = name if len(name) <= 28 else f"{name[:27]}…"  # noqa: PLR2004 - what fits
        parts.append(
            f'<text x="0" y="{top + 16:.0f}" class="strong">{escape(shown)}<title>{escape(name)}</title></text>'
        )
        parts += [_cell(it, name, _NAME + place * step, top, step) for place, it in enumerate(found)]
    note = (
        "Each cell is a window held against the whole baseline: the stronger, the further; orange is drift, "
        "empty has too few rows."
    )
    return (
        f'<div class="panel"><p class="note">{note}</p><div class="scroll"><svg class="heat" role="img" '
        f'aria-label="Distances of {len(ranked)} columns in {len(found)} windows" '
        f'viewBox="0 0 {_WIDTH:g} {height:g}">{"".join(parts)}</svg></div></div>'
    )


def _ranked(found: Sequence[Window]) -> list[str]:
    furthest: dict[str, float] = {}
    for it in found:
        for name, one in it.findings.columns.items():
            if one.judged:
                furthest[name] = max(furthest.get(name, 0.0), one.distance / (one.threshold or 1.0))
    return sorted(furthest, key=lambda name: (-furthest[name], name))[:_MOST_COLUMNS]


def _head(found: Sequence[Window], step: float) -> str:
    every = max(1, -(-len(found) // _MOST_HEADS))
    whole_days = all(it.start % 86_400 == 0 for it in found)
    return "".join(
        f'<text x="{_NAME + place * step:.1f}" y="14">{_when(it.start, whole_days=whole_days)}</text>'
        for place, it in enumerate(found)
        if place % every == 0
    )


def _when(start: int, *, whole_days: bool) -> str:
    day, _, time = format_timestamp(start).partition("T")
    return day[5:] if whole_days else f"{day[5:]} {time[:5]}"


def _cell(it: Window, name: str, left: float, top: float, step: float) -> str:
    one = it.findings.columns.get(name)
    if one is None or not one.judged:
        return ""
    strength = min(1.0, one.distance / (one.threshold * (4.0 if one.drifted else 1.0) or 1.0))
    role, least = ("positive", 0.45) if one.drifted else ("accent", 0.05)
    words = f"{format_timestamp(it.start)} {name}: {one.distance:.3g}, drift from {one.threshold:.3g}"
    return (
        f'<rect x="{left:.1f}" y="{top + 2:.1f}" width="{max(1.0, step - 2):.1f}" height="{_ROW - 4:g}" rx="2" '
        f'fill="var(--{role})" fill-opacity="{least + (0.55 if one.drifted else 0.4) * strength:.2f}">'
        f"<title>{escape(words)}</title></rect>"
    )
