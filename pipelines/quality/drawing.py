"""Small pictures of a column as HTML and SVG: how much of it is there, and how its values are distributed."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from pipelines.jobs.training_set import LABEL

WIDTH, HEIGHT, FOOT = 300, 96, 16
_BAR_SHARE = 0.86
"""Of a bin's width, what its bar takes."""


def completeness(share: float) -> str:
    """A bar as long as the share of rows with a value."""
    words = f"{share:.4%} of rows have a value"
    return f"<div class='bar' role='img' aria-label='{words}'><i style='width:{share:.2%}'></i></div>"


def histogram(counts: Mapping[str, Any], name: str) -> str:
    """Bars of both classes in the same bins, each as shares of its own rows; one class alone if there is only one."""
    edges = counts["edges"]
    rest, hits = _shares(counts["rest"]), _shares(counts[LABEL])
    tallest = max([*rest, *hits, 1e-12])
    bins = len(edges) - 1
    parts = []
    for number in range(bins):
        left, width = number * WIDTH / bins, WIDTH / bins * _BAR_SHARE
        if not hits:
            parts.append(_bar("rest", left, width, rest[number] / tallest))
            continue
        parts.append(_bar("rest", left, width / 2, rest[number] / tallest if rest else 0))
        parts.append(_bar("hit", left + width / 2, width / 2, hits[number] / tallest))
    words = f"Distribution of {name} from {edges[0]:.4g} to {edges[-1]:.4g}"
    baseline = HEIGHT - FOOT
    return (
        f"<svg viewBox='0 0 {WIDTH} {HEIGHT}' role='img' aria-label='{escape(words, quote=True)}'>{''.join(parts)}"
        f"<line class='axis' x1='0' x2='{WIDTH}' y1='{baseline}' y2='{baseline}'/>"
        f"<text x='0' y='{HEIGHT - 3}' font-size='11'>{edges[0]:.4g}</text>"
        f"<text x='{WIDTH}' y='{HEIGHT - 3}' font-size='11' text-anchor='end'>{edges[-1]:.4g}</text></svg>"
    )


def _shares(counts: Sequence[int]) -> list[float]:
    total = sum(counts)
    return [count / total for count in counts] if total else []


def _bar(kind: str, left: float, width: float, share: float) -> str:
    height = share * (HEIGHT - FOOT - 2)
    if not height:
        return ""
    top = HEIGHT - FOOT - height
    return f"<rect class='{kind}' x='{left:.1f}' y='{top:.1f}' width='{width:.1f}' height='{height:.1f}'/>"
