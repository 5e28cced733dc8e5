"""One column's distance run by run: a point for each run, the threshold of its day, and which model answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from headrace.schema import format_timestamp

_WIDTH, _HEIGHT = 460.0, 190.0
_LEFT, _RIGHT, _TOP, _FOOT = 58.0, 12.0, 28.0, 26.0
_APART = 44.0
"""Labels of models stand no closer than this."""
_HEADROOM = 1.12
_DAY_S = 86_400


@dataclass(frozen=True, kw_only=True)
class Point:
    """A run: the end of its window in epoch seconds, what it found, and the model's version, '' if unknown."""

    at: int
    distance: float
    threshold: float
    version: str


def trend(name: str, points: Sequence[Point], *, first: int, last: int) -> str:
    """The picture of a column, as SVG.

    Args:
        name: of the column.
        points: the oldest first, at least one.
        first, last: the moments at the picture's sides, the same for every column, epoch seconds.
    """
    top = max(max(it.distance, it.threshold) for it in points) * _HEADROOM or 1.0
    left = _LEFT + 6

    def place(it: Point) -> float:
        share = (it.at - first) / (last - first) if last > first else 0.5
        return left + share * (_WIDTH - _RIGHT - left)

    def level(value: float) -> float:
        return _TOP + (1 - value / top) * (_HEIGHT - _TOP - _FOOT)

    parts = [
        _axis(level(0.0), top / _HEADROOM, level(top / _HEADROOM)),
        _versions(points, [place(it) for it in points]),
        _line([(place(it), level(it.threshold)) for it in points], "amber", 'stroke-dasharray="5 4"'),
        _line([(place(it), level(it.distance)) for it in points], "accent"),
        *(_dot(name, it, place(it), level(it.distance)) for it in points),
        _dates(first, last),
    ]
    words = f"Distance of {name} in {len(points)} runs"
    return (
        f'<svg class="column" role="img" aria-label="{escape(words)}" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}">'
        f"{''.join(parts)}</svg>"
    )


def _axis(bottom: float, top: float, upper: float) -> str:
    grid = f'<path d="M{_LEFT:g} {bottom:.1f}H{_WIDTH - _RIGHT:g}M{_LEFT:g} {upper:.1f}H{_WIDTH - _RIGHT:g}"'
    return (
        f'{grid} stroke="var(--grid)" fill="none"/>'
        f'<text x="{_LEFT - 6:g}" y="{bottom + 5:.1f}" text-anchor="end">0</text>'
        f'<text x="{_LEFT - 6:g}" y="{upper + 5:.1f}" text-anchor="end">{top:.2g}</text>'
    )


def _versions(points: Sequence[Point], places: Sequence[float]) -> str:
    """A line where another model answers than before, with its name if there is room for it."""
    parts, before, free = [], "", 0.0
    for it, x in zip(points, places, strict=True):
        if not it.version or it.version == before:
            continue
        if before:
            parts.append(f'<path d="M{x:.1f} {_TOP - 6:g}V{_HEIGHT - _FOOT:g}" stroke="var(--line)"/>')
        before = it.version
        if x >= free:
            start = min(x, _WIDTH - _RIGHT - _APART + 8)
            parts.append(f'<text x="{start:.1f}" y="15" class="strong">v{escape(it.version)}</text>')
            free = start + _APART
    return "".join(parts)


def _line(places: Sequence[tuple[float, float]], role: str, more: str = "") -> str:
    if len(places) == 1:
        (x, y) = places[0]
        places = [(x - 10, y), (x + 10, y)] if more else []
    drawn = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    return f'<path d="M{drawn}" fill="none" stroke="var(--{role})" stroke-width="2" {more}/>' if drawn else ""


def _dot(name: str, it: Point, x: float, y: float) -> str:
    role = "positive" if it.distance > it.threshold else "accent"
    model = f", model v{it.version}" if it.version else ""
    words = f"{format_timestamp(it.at)} {name}: {it.distance:.3g}, drift from {it.threshold:.3g}{model}"
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="var(--{role})"><title>{escape(words)}</title></circle>'


def _dates(first: int, last: int) -> str:
    y = _HEIGHT - 5
    if first == last:
        return f'<text x="{(_LEFT + _WIDTH - _RIGHT) / 2:g}" y="{y:g}" text-anchor="middle">{_when(first, last)}</text>'
    return (
        f'<text x="{_LEFT:g}" y="{y:g}">{_when(first, last)}</text>'
        f'<text x="{_WIDTH - _RIGHT:g}" y="{y:g}" text-anchor="end">{_when(last, first)}</text>'
    )


def _when(at: int, other: int) -> str:
    day, _, time = format_timestamp(at).partition("T")
    return day[5:] if at % _DAY_S == other % _DAY_S == 0 else f"{day[5:]} {time[:5]}"
