"""A small canvas: axes, lines, bars and marks as inline SVG in the page's colours."""

import math
from collections.abc import Callable, Sequence
from html import escape

WIDTH, HEIGHT = 460.0, 290.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 54.0, 12.0, 12.0, 42.0
_STEPS = (1, 2, 2.5, 5, 10)
_THOUSAND, _MILLION = 1_000, 1_000_000

Points = Sequence[tuple[float, float]]


def number(value: float) -> str:
    """A number for people: 12, 0.125, 4.5k, 2M."""
    for size, letter in ((_MILLION, "M"), (_THOUSAND, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers from low to high, about so many."""
    rough = (high - low) / about
    size = 10.0 ** math.floor(math.log10(rough)) if rough > 0 else 1.0
    step = next(size * it for it in _STEPS if size * it >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [round(step * it, 12) for it in range(first, math.floor(high / step + 1e-9) + 1)]


class Axes:
    """A plot under construction: two ranges, then whatever is drawn, in the order in which it is drawn."""

    def __init__(
        self, *, x: tuple[float, float], y: tuple[float, float], x_label: str, y_label: str, log_y: bool = False
    ) -> None:
        self._x, self._log = x, log_y
        self._y = (math.log10(y[0]), math.log10(y[1])) if log_y else y
        self._parts: list[str] = []
        self._frame(x_label, y_label)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """The place of a point; what lies outside the ranges is moved to their edge."""
        if self._log:
            y = math.log10(max(y, 10 ** self._y[0]))
        (left, right), (low, high) = self._x, self._y
        share_x = (min(max(x, left), right) - left) / (right - left)
        share_y = (min(max(y, low), high) - low) / (high - low)
        return _LEFT + share_x * (WIDTH - _LEFT - _RIGHT), HEIGHT - _BOTTOM - share_y * (HEIGHT - _TOP - _BOTTOM)

    def line(self, points: Points, role: str, *, dashed: bool = False, width: float = 2) -> None:
        """A line through points."""
        dash = ' stroke-dasharray="4 4"' if dashed else ""
        path = self._path(points)
        self._parts.append(
            f'<polyline points="{path}" fill="none" stroke="var(--{role})" stroke-width="{width}" '
            f'stroke-linejoin="round"{dash}/>'
        )

    def area(self, points: Points, role: str, opacity: float = 0.18) -> None:
        """A closed surface."""
        self._parts.append(f'<polygon points="{self._path(points)}" fill="var(--{role})" fill-opacity="{opacity}"/>')

    def dot(self, x: float, y: float, role: str, size: float = 5) -> None:
        """A point with a rim."""
        px, py = self.at(x, y)
        self._parts.append(
            f'<circle cx="{px:.1f}" cy="{py:.1f}" r="{size}" fill="var(--{role})" stroke="var(--card)" '
            'stroke-width="2"/>'
        )

    def words(self, x: float, y: float, text: str, *, anchor: str = "start", role: str = "", up: float = 6) -> None:
        """Words at a point, a little above it."""
        px, py = self.at(x, y)
        fill = f' style="fill:var(--{role})"' if role else ""
        self._parts.append(f'<text x="{px:.1f}" y="{py - up:.1f}" text-anchor="{anchor}"{fill}>{escape(text)}</text>')

    def steps(self, edges: Sequence[float], counts: Sequence[float], role: str) -> None:
        """A histogram as a filled outline."""
        floor = 10 ** self._y[0] if self._log else self._y[0]
        outline = [(edges[0], floor)]
        for left, right, count in zip(edges[:-1], edges[1:], counts, strict=True):
            outline += [(left, max(count, floor)), (right, max(count, floor))]
        outline.append((edges[-1], floor))
        self.area(outline, role, 0.45)
        self.line(outline, role, width=1.2)

    def svg(self, describe: str) -> str:
        """The plot; ``describe`` says in a sentence what it shows."""
        return (
            f'<svg class="plot" role="img" aria-label="{escape(describe)}" viewBox="0 0 {WIDTH:g} {HEIGHT:g}">'
            + "".join(self._parts)
            + "</svg>"
        )

    def _path(self, points: Points) -> str:
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in (self.at(*point) for point in points))

    def _frame(self, x_label: str, y_label: str) -> None:
        decades = range(math.ceil(self._y[0]), math.floor(self._y[1]) + 1)
        upright = [10.0**it for it in decades] if self._log else ticks(*self._y)
        for value in upright:
            (x, y), (end, _) = self.at(self._x[0], value), self.at(self._x[1], value)
            self._parts.append(f'<path d="M{x:.1f} {y:.1f}H{end:.1f}" stroke="var(--grid)"/>')
            self._parts.append(f'<text x="{x - 8:.1f}" y="{y + 4:.1f}" text-anchor="end">{number(value)}</text>')
        bottom = HEIGHT - _BOTTOM
        self._parts.append(f'<path d="M{_LEFT} {bottom}H{WIDTH - _RIGHT}" stroke="var(--line)"/>')
        for value in ticks(*self._x):
            x = self.at(value, 0)[0]
            self._parts.append(f'<path d="M{x:.1f} {bottom}v4" stroke="var(--line)"/>')
            self._parts.append(f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{number(value)}</text>')
        middle = (_TOP + bottom) / 2
        self._parts.append(
            f'<text x="{(_LEFT + WIDTH - _RIGHT) / 2}" y="{HEIGHT - 6}" text-anchor="middle">{escape(x_label)}</text>'
            f'<text transform="translate(12 {middle}) rotate(-90)" text-anchor="middle">{escape(y_label)}</text>'
        )


def interval_bar(
    value: float,
    low: float,
    high: float,
    *,
    scale: tuple[float, float],
    role: str = "accent",
    mark: float | None = None,
) -> str:
    """A row of a table as a picture: the interval, the value in it, and perhaps a line to compare with."""
    place = _placed(scale)
    marked = "" if mark is None else f'<path d="M{place(mark)} 0V14" stroke="var(--muted)" stroke-dasharray="2 2"/>'
    return (
        '<svg viewBox="0 0 200 14" preserveAspectRatio="none" aria-hidden="true">'
        '<rect x="0" y="5" width="200" height="4" rx="2" fill="var(--grid)"/>'
        f'<rect x="{place(low)}" y="3" width="{max(1.5, place(high) - place(low)):.2f}" height="8" rx="2" '
        f'fill="var(--{role})" fill-opacity=".38"/>{marked}'
        f'<rect x="{place(value) - 1.25:.2f}" y="1" width="2.5" height="12" rx="1" fill="var(--{role})"/></svg>'
    )


def length_bar(value: float, *, scale: tuple[float, float], role: str = "accent") -> str:
    """A bar from zero to a value."""
    place = _placed(scale)
    start, end = sorted((place(0), place(value)))
    return (
        '<svg viewBox="0 0 200 14" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect x="{start}" y="1" width="{max(0.5, end - start):.2f}" height="12" rx="2" fill="var(--{role})"/>'
        f'<path d="M{place(0)} 0V14" stroke="var(--line)"/></svg>'
    )


def _placed(scale: tuple[float, float]) -> Callable[[float], float]:
    low, high = scale
    return lambda it: round(200 * (min(max(it, low), high) - low) / ((high - low) or 1), 2)
