"""How long a score takes."""

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from cli.report import wording
from cli.report.plots import canvas
from cli.report.plots.canvas import COLOURS, Plot
from cli.report.record import RunRecord

BINS = 48
QUANTILES = (50, 95, 99)
WIDE = 20
"""Above this ratio of slowest to fastest, milliseconds are spread logarithmically."""
MOST_TICKS = 6


def quantiles(run: RunRecord) -> dict[int, float]:
    """The 50th, 95th and 99th percentile of the latency in ms; empty where none was measured."""
    values = _measured(run)
    if not values.size:
        return {}
    found = np.percentile(values, QUANTILES)
    return {at: float(value) for at, value in zip(QUANTILES, found, strict=True)}


def plot(run: RunRecord) -> Plot | None:
    """Latencies of the logged predictions with their quantiles; None where none was measured."""
    marks = quantiles(run)
    if not marks:
        return None
    values = _measured(run).clip(0.01, None)
    low, high = float(values.min()), float(values.max())
    logarithmic = high > WIDE * low
    edges = np.geomspace(low, high * 1.01, BINS + 1) if logarithmic else np.linspace(0, high * 1.02, BINS + 1)
    with canvas.style():
        drawn = canvas.figure(350, 270)
        axes = drawn.add_subplot()
        count, _ = np.histogram(values, edges)
        axes.stairs(count, edges, fill=True, color=COLOURS["accent"], alpha=0.85)
        if logarithmic:
            axes.set_xscale("log")
            axes.xaxis.set_minor_locator(NullLocator())
            axes.set_xticks(_ticks(low, high))
        axes.set(xlim=(edges[0], edges[-1]), ylim=(0, int(count.max()) * 1.3), xlabel="milliseconds")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
        canvas.counts(axes)
        _mark(axes, marks)
        said = ", ".join(f"{at}th percentile {wording.milliseconds(value)}" for at, value in marks.items())
        markup = canvas.svg(drawn, name="latency", describe=f"Histogram of scoring latency: {said}.")
    return Plot(svg=markup, legend=tuple(("", f"p{at} {wording.milliseconds(value)}") for at, value in marks.items()))


def _measured(run: RunRecord) -> npt.NDArray[np.float64]:
    """Latencies in ms. Where the loop's time was moved ahead of its functions' clocks, arrival seems to come later."""
    values = run.predictions["latency_ms"].to_numpy(dtype=np.float64, na_value=np.nan)
    return values[values >= 0]


def _mark(axes: Axes, marks: dict[int, float]) -> None:
    """One dashed line and one line of text per quantile, the text on the side that has room."""
    to_axes = axes.transData + axes.transAxes.inverted()
    for row, (at, value) in enumerate(marks.items()):
        axes.axvline(value, color=COLOURS["ink"], linewidth=1, linestyle=canvas.DASHED)
        right = to_axes.transform((value, 0))[0] > 0.5  # noqa: PLR2004 - beyond the middle
        axes.annotate(
            f"p{at}",
            (value, 1 - 0.09 * row),
            xycoords=("data", "axes fraction"),
            xytext=(-5 if right else 5, 0),
            textcoords="offset points",
            ha="right" if right else "left",
            va="top",
            fontsize=11,
            color=COLOURS["ink"],
        )


def _ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 of every decade between two values, or only the 1 where those are too many."""
    steps = [(digit, digit * 10.0**power) for power in range(-2, 7) for digit in (1, 2, 5)]
    inside = [(digit, step) for digit, step in steps if low <= step <= high]
    return [step for digit, step in inside if digit == 1 or len(inside) <= MOST_TICKS]
