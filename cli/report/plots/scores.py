"""How well scores part the positives from the rest."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cli.report import wording
from cli.report.plots import canvas
from cli.report.plots.canvas import COLOURS, Plot
from cli.report.record import RunRecord
from headrace.usecase import Band

BINS = 40
LEAST = 0.5
"""Where the logarithmic axis begins, so that a single event is still a bar."""

Series = tuple[str, str, pd.Series]
"""Colour role, words and scores."""


def plot(run: RunRecord) -> Plot | None:
    """Scores in forty bins on a logarithmic axis, by truth where it is known; None without predictions."""
    series = _by_truth(run)
    if not series:
        return None
    said = [(role, f"{words} ({wording.count(len(values))})") for role, words, values in series]
    with canvas.style():
        drawn = canvas.figure(350, 270)
        axes = drawn.add_subplot()
        _draw(axes, series)
        _mark_bands(axes, run.usecase.decision.bands[1:])
        sentence = f"Histogram of scores from 0 to 1: {', '.join(words for _, words in said)}."
        return Plot(svg=canvas.svg(drawn, name="scores", describe=sentence), legend=tuple(said))


def _by_truth(run: RunRecord) -> list[Series]:
    scores = run.predictions["score"].dropna()
    truth = run.predictions.loc[scores.index, "label"]
    label = run.usecase.label.field.replace("_", " ")
    series = [
        ("negative", f"no {label}", scores[truth == 0]),
        ("muted", "truth not known", scores[truth.isna()]),
        ("positive", label, scores[truth == 1]),
    ]
    return [one for one in series if len(one[2])]


def _draw(axes: Axes, series: list[Series]) -> None:
    edges, most = np.linspace(0, 1, BINS + 1), 1
    for role, _, values in series:
        count, _ = np.histogram(values, edges)
        most = max(most, int(count.max()))
        axes.stairs(count, edges, baseline=LEAST, fill=True, color=COLOURS[role], alpha=0.72, linewidth=0)
        axes.stairs(count, edges, baseline=LEAST, color=COLOURS[role], linewidth=1.4)
    axes.set_yscale("log")
    axes.set(xlim=(0, 1), ylim=(LEAST, most * 4), xlabel="score")
    canvas.counts(axes)


def _mark_bands(axes: Axes, bands: tuple[Band, ...]) -> None:
    for band in bands:
        axes.axvline(band.from_score, color=COLOURS["muted"], linewidth=1, linestyle=canvas.DASHED)
        right = band.from_score > 0.8  # noqa: PLR2004 - no room for a word beyond
        axes.annotate(
            band.decision,
            (band.from_score, 1),
            xycoords=("data", "axes fraction"),
            xytext=(-4 if right else 4, 0),
            textcoords="offset points",
            ha="right" if right else "left",
            va="top",
            fontsize=11,
            color=COLOURS["muted"],
        )
