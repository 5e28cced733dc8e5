"""What precision a recall costs: on the test rows before rollout, and on the stream afterwards."""

from cli.report import wording
from cli.report.outcomes import Curve
from cli.report.plots import canvas
from cli.report.plots.canvas import COLOURS, Plot


def plot(*, test: Curve | None, stream: Curve | None, base_rate: float | None) -> Plot | None:
    """Both curves with their operating points over the base rate; None without any curve."""
    named = [("negative", "test rows", test), ("accent", "this stream", stream)]
    curves = [(role, words, curve) for role, words, curve in named if curve is not None]
    if not curves:
        return None
    with canvas.style():
        drawn = canvas.figure(350, 270)
        axes = drawn.add_subplot()
        for role, _, curve in curves:
            axes.plot(curve.recall, curve.precision, color=COLOURS[role], drawstyle="steps-pre", zorder=3)
            if curve.at is not None:
                axes.plot(*curve.at, "o", markersize=9, color=COLOURS[role], markeredgecolor=COLOURS["card"],
                          markeredgewidth=2, zorder=4, clip_on=False)  # fmt: skip
        if base_rate is not None:
            axes.axhline(base_rate, color=COLOURS["positive"], linewidth=1.2, linestyle=canvas.DASHED)
            axes.annotate(f"base rate {wording.percent(base_rate)}", (0.01, base_rate), xytext=(0, 4), fontsize=11,
                          textcoords="offset points", color=COLOURS["positive"])  # fmt: skip
        axes.set(xlim=(0, 1.01), ylim=(0, 1.04), xlabel="recall", ylabel="precision")
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1])
        markup = canvas.svg(drawn, name="precision-recall", describe=_describe(curves))
    return Plot(svg=markup, legend=tuple((role, _words(words, curve)) for role, words, curve in curves))


def _words(words: str, curve: Curve) -> str:
    return words if curve.area is None else f"{words}: average precision {wording.figure(curve.area)}"


def _describe(curves: list[tuple[str, str, Curve]]) -> str:
    said = "; ".join(
        _words(words, curve)
        + (
            f", decisions at recall {wording.figure(curve.at[0])} and precision {wording.figure(curve.at[1])}"
            if curve.at
            else ""
        )
        for _, words, curve in curves
    )
    return f"Precision over recall: {said}."
