"""The run over event time: how much was scored, and what became of the positives."""

from typing import Literal

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from cli.report.outcomes import alarms
from cli.report.plots import canvas
from cli.report.plots.canvas import COLOURS, Plot
from cli.report.record import RunRecord
from cli.report.wording import DAY_S

BINS = {60: "minute", 300: "5 minutes", 3_600: "hour", 21_600: "6 hours", DAY_S: "day", 604_800: "week"}
MOST_BARS = 240
SIZES = {"wide": (1160, 320), "narrow": (350, 320)}
MOST_TICKS = {"wide": 12, "narrow": 5}
DATES = ["%Y", "%b %Y", "%d %b", "%H:%M", "%H:%M", "%S"]
DATES_AT_ZERO = ["%Y", "%Y", "%d %b", "%d %b", "%H:%M", "%H:%M"]
"""How a moment reads: year, month, day, hour, minute, second; and where it is the first of its kind."""


def bin_s(run: RunRecord) -> int:
    """The length of one bar in seconds: the shortest that needs no more bars than a screen shows."""
    moments = run.predictions["timestamp"]
    span = int(moments.max() - moments.min()) if len(moments) else 0
    return next((length for length in BINS if span / length <= MOST_BARS), max(BINS))


def plot(run: RunRecord, size: Literal["wide", "narrow"]) -> Plot | None:
    """Scored events per bar, below them positives caught and missed; None without predictions."""
    if run.predictions.empty:
        return None
    length = bin_s(run)
    table, per = per_bar(run, length), BINS[length]
    label = run.usecase.label.field.replace("_", " ")
    scored = [("negative", "scored", table["scored"])]
    known = [("accent", f"{label} caught", table["caught"]), ("positive", f"{label} let through", table["missed"])]
    panels = [(f"scored per {per}", scored), (f"{label} per {per}", known)]
    if not run.predictions["label"].notna().any():
        panels, known = panels[:1], []
    with canvas.style():
        drawn = canvas.figure(*SIZES[size])
        grid = drawn.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
        for axes, (title, series) in zip(grid, panels, strict=True):
            _bars(axes, title, series, length / DAY_S)
        _moments(grid[-1], table.index, length / DAY_S, MOST_TICKS[size])
        said = ", ".join(f"{int(values.sum()):,} {words}" for _, words, values in scored + known)
        markup = canvas.svg(drawn, name=f"over-time-{size}", describe=f"Bars per {per} of event time: {said}.")
    return Plot(svg=markup, legend=tuple((role, words) for role, words, _ in scored + known))


def per_bar(run: RunRecord, length: int) -> pd.DataFrame:
    """Counts of scored, caught and missed events per bar of ``length`` seconds, without gaps, indexed by its start."""
    frame = run.predictions
    positive, alarm = frame["label"] == 1, alarms(run)
    bar = (frame["timestamp"].astype(np.int64) // length) * length
    table = pd.DataFrame({"scored": 1, "caught": positive & alarm, "missed": positive & ~alarm}).astype(np.int64)
    table = table.groupby(bar).sum()
    table = table.reindex(range(int(bar.min()), int(bar.max()) + 1, length), fill_value=0)
    table.index = pd.to_datetime(table.index, unit="s")
    return table


def _bars(axes: Axes, title: str, series: list[tuple[str, str, pd.Series]], width: float) -> None:
    """Stacked bars; ``width`` in days, matplotlib's unit of time."""
    below = np.zeros(len(series[0][2]))
    for role, _, values in series:
        starts = _days(values.index)
        axes.bar(starts, values, width=width * 0.86, align="edge", bottom=below, color=COLOURS[role])
        below += values.to_numpy()
    axes.set_title(title, loc="left", fontsize=12, color=COLOURS["muted"])
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    canvas.counts(axes)


def _moments(axes: Axes, index: pd.Index, width: float, ticks: int) -> None:
    locator = mdates.AutoDateLocator(minticks=3, maxticks=ticks)  # type: ignore[no-untyped-call] # matplotlib's gap
    formatter = mdates.ConciseDateFormatter(  # type: ignore[no-untyped-call] # the same
        locator, formats=DATES, zero_formats=DATES_AT_ZERO, show_offset=False
    )
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(formatter)
    starts = _days(index)
    axes.set_xlim(starts[0], starts[-1] + width)


def _days(index: pd.Index) -> np.ndarray:
    """Days since the epoch, matplotlib's unit of time."""
    days: np.ndarray = index.to_numpy().astype("datetime64[s]").astype(np.int64) / DAY_S
    return days
