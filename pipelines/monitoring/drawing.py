"""Pictures of a column then and now: two histograms in the same bins, or the shares of its categories."""

import math
from collections.abc import Sequence
from html import escape

import numpy as np
import numpy.typing as npt

from headrace.drift.aligned import Pair
from pipelines.jobs.report.svg import number

WIDTH, HEIGHT = 460.0, 168.0
_FOOT, _TOP = 20.0, 6.0
_BINS = 36
_FEW = 24
_OUTER = 0.005
_WIDE = 300.0
_MOST_CATEGORIES = 9
_LONGEST = 18
Floats = npt.NDArray[np.float64]


def drawing(pair: Pair, *, drifted: bool) -> str:
    """The picture of a column; what is now is in the colour of alarm if it drifted."""
    now = "positive" if drifted else "accent"
    if not pair.numeric:
        return _categories(pair, now) if pair.names else ""
    return _few_values(pair, now) if len(pair.values) <= _FEW else _histogram(pair, now)


def legend(*, drifted: bool) -> str:
    """Which colour is which."""
    now = "positive" if drifted else "accent"
    return (
        '<div class="legend"><span><i class="key" style="background:var(--negative)"></i>baseline</span>'
        f'<span><i class="key" style="background:var(--{now})"></i>now</span></div>'
    )


def gauge(distance: float, threshold: float, *, drifted: bool) -> str:
    """A distance as a bar with a mark where drift begins."""
    scale = max(distance, threshold) * 1.15 or 1.0
    role = "positive" if drifted else "accent"
    mark = 200 * threshold / scale
    return (
        '<svg class="gauge" viewBox="0 0 200 12" preserveAspectRatio="none" role="img" '
        f'aria-label="distance {distance:.3g}, drift begins at {threshold:.3g}">'
        '<rect y="4" width="200" height="4" rx="2" fill="var(--grid)"/>'
        f'<rect y="4" width="{200 * distance / scale:.1f}" height="4" rx="2" fill="var(--{role})"/>'
        f'<path d="M{mark:.1f} 0V12" stroke="var(--ink)" stroke-width="1.5"/></svg>'
    )


def _histogram(pair: Pair, now: str) -> str:
    p, q = _shares(pair)
    values = pair.values
    low = min(_quantile(values, it, _OUTER) for it in (p, q))
    high = max(_quantile(values, it, 1 - _OUTER) for it in (p, q))
    if not low < high:
        low, high = float(values[0]), float(values[-1])
    logarithmic = low > 0 and high / low > _WIDE
    edges = np.geomspace(low, high, _BINS + 1) if logarithmic else np.linspace(low, high, _BINS + 1)
    if not np.isfinite(edges).all() or not (np.diff(edges) > 0).all():
        return ""
    place = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, _BINS - 1)
    before, after = (np.bincount(place, it, _BINS) for it in (p, q))
    tallest = max(before.max(), after.max())
    parts = [
        _outline(before / tallest, "negative", filled=True),
        _outline(after / tallest, now, filled=False),
        _axis(),
        _word(0, number(low), "start"),
        _word(WIDTH / 2, "logarithmic" if logarithmic else number((low + high) / 2), "middle"),
        _word(WIDTH, number(high), "end"),
    ]
    return _svg(parts, f"Distribution from {low:.4g} to {high:.4g}")


def _few_values(pair: Pair, now: str) -> str:
    p, q = _shares(pair)
    tallest = max(p.max(), q.max())
    step = WIDTH / len(p)
    width = min(26.0, step * 0.36)
    parts = []
    for place, (was, is_) in enumerate(zip(p, q, strict=True)):
        middle = (place + 0.5) * step
        parts += [
            _bar(middle - width, width, was / tallest, "negative"),
            _bar(middle, width, is_ / tallest, now),
        ]
        if len(p) <= _FEW / 2 or place % 3 == 0:
            parts.append(_word(middle, number(float(pair.values[place])), "middle"))
    return _svg([*parts, _axis()], f"Shares of {len(p)} values")


def _categories(pair: Pair, now: str) -> str:
    p, q = _shares(pair)
    chosen = np.argsort(-np.maximum(p, q) - 4 * np.abs(q - p), kind="stable")[:_MOST_CATEGORIES]
    chosen = chosen[np.argsort(-p[chosen], kind="stable")]
    longest = max(p[chosen].max(), q[chosen].max())
    row, left = 24.0, 140.0
    room = WIDTH - left - 62
    parts = []
    for place, it in enumerate(chosen):
        top = place * row
        name = pair.names[it]
        shown = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
        parts.append(
            f'<text x="0" y="{top + 14:.0f}" class="strong">{escape(shown)}<title>{escape(name)}</title></text>'
        )
        for down, share, role in ((2.0, p[it], "negative"), (10.0, q[it], now)):
            parts.append(
                f'<rect x="{left}" y="{top + down}" height="7" rx="1.5" width="{max(1.0, room * share / longest):.1f}" '
                f'fill="var(--{role})"/>'
            )
        parts.append(f'<text x="{WIDTH}" y="{top + 14:.0f}" text-anchor="end">{q[it]:.1%}</text>')
    return _svg(parts, f"Shares of {len(chosen)} categories", height=row * len(chosen) + 2)


def _shares(pair: Pair) -> tuple[Floats, Floats]:
    return pair.p / pair.p.sum(), pair.q / pair.q.sum()


def _quantile(values: Floats, shares: Floats, share: float) -> float:
    return float(values[min(len(values) - 1, int(np.searchsorted(np.cumsum(shares), share)))])


def _outline(heights: Sequence[float] | Floats, role: str, *, filled: bool) -> str:
    step = WIDTH / len(heights)
    points = [(0.0, 0.0)]
    for place, height in enumerate(heights):
        points += [(place * step, float(height)), ((place + 1) * step, float(height))]
    points.append((WIDTH, 0.0))
    path = " ".join(f"{x:.1f},{_y(y):.1f}" for x, y in points)
    if filled:
        return f'<polygon points="{path}" fill="var(--{role})" fill-opacity=".45"/>'
    return f'<polyline points="{path}" fill="none" stroke="var(--{role})" stroke-width="2.2" stroke-linejoin="round"/>'


def _y(share: float) -> float:
    return HEIGHT - _FOOT - share * (HEIGHT - _FOOT - _TOP)


def _bar(left: float, width: float, share: float, role: str) -> str:
    top = _y(share)
    return (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{HEIGHT - _FOOT - top:.1f}" '
        f'fill="var(--{role})"/>'
    )


def _axis() -> str:
    return f'<path d="M0 {HEIGHT - _FOOT}H{WIDTH}" stroke="var(--line)"/>'


def _word(x: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{HEIGHT - 5}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(parts: Sequence[str], words: str, height: float = HEIGHT) -> str:
    return (
        f'<svg class="column" role="img" aria-label="{escape(words, quote=True)}" '
        f'viewBox="0 0 {WIDTH:g} {math.ceil(height)}">{"".join(parts)}</svg>'
    )
