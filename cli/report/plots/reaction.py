"""Quality over the days of a changing world: as it was, and as it would have been had nobody reacted."""

from datetime import UTC, datetime
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from cli.report.plots import canvas
from cli.report.plots.canvas import COLOURS, Plot
from cli.report.reaction import Reaction
from cli.report.wording import DAY_S

SIZES = {"wide": (1160, 300), "narrow": (350, 300)}
MOST_TICKS = {"wide": 12, "narrow": 4}
MARKED = {"the world changed": "change", "the new model answered": "new model"}


def plot(found: Reaction | None, size: Literal["wide", "narrow"]) -> Plot | None:
    """Average precision of the last days with and without reaction; None if no day has a figure."""
    if found is None or not any(it.reached is not None for it in found.points):
        return None
    lines = [("accent", "as it was", [(it.until, it.reached) for it in found.points])]
    promoted = found.moments.get("the new model answered")
    if promoted is not None:
        lines.append(
            (
                "positive",
                "the first model alone",
                [(it.until, it.without if it.until >= promoted else None) for it in found.points],
            )
        )
    with canvas.style():
        drawn = canvas.figure(*SIZES[size])
        axes = drawn.add_subplot()
        for role, _, points in lines:
            known = [(_day(at), value) for at, value in points if value is not None]
            axes.plot(*zip(*known, strict=True), color=COLOURS[role], marker="o", markersize=4, zorder=3)
        _mark(axes, found)
        axes.set(ylim=(0, 1), ylabel="average precision")
        axes.xaxis.set_major_locator(MaxNLocator(MOST_TICKS[size], integer=True))
        axes.xaxis.set_major_formatter(FuncFormatter(_shown))
        axes.margins(x=0.02)
        markup = canvas.svg(drawn, name=f"reaction-{size}", describe=_describe(found))
    return Plot(svg=markup, legend=tuple((role, words) for role, words, _ in lines))


def _mark(axes: Axes, found: Reaction) -> None:
    for words, short in MARKED.items():
        at = found.moments.get(words)
        if at is None:
            continue
        axes.axvline(_day(at), color=COLOURS["ink"], linewidth=1, linestyle=canvas.DASHED)
        axes.annotate(short, (_day(at), 0.97), xycoords=("data", "axes fraction"), xytext=(5, 0), va="top",
                      textcoords="offset points", fontsize=11, color=COLOURS["ink"])  # fmt: skip


def _day(at: int) -> float:
    """Matplotlib's unit of time."""
    return at / DAY_S


def _shown(days: float, _position: object) -> str:
    return datetime.fromtimestamp(days * DAY_S, UTC).strftime("%d %b")


def _describe(found: Reaction) -> str:
    said = ", ".join(f"{words} {value:.2f}" for words, value in found.qualities.items() if value is not None)
    return f"Average precision day by day: {said}."
