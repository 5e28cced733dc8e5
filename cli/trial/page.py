"""The comparison of a challenger in the shadow as one HTML file that needs nothing else, and as JSON beside it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from cli.report import wording
from cli.report.plots import canvas
from cli.report.plots.canvas import COLOURS
from headrace.shadowing import BINS
from headrace.trial import CHALLENGER, CHAMPION
from headrace.usecase import UseCase

_LEAST = 0.5
"""Where the logarithmic axis begins, so that a single request is still a bar."""
_WORDS = {
    "continue": "Not decided yet: let it go on",
    "promote": "The challenger saves money: promote it",
    "reject": "The challenger costs money: reject it",
}


def write(folder: Path, found: Mapping[str, Any], usecase: UseCase) -> None:
    """Write ``comparison.json`` and ``comparison.html``.

    Args:
        folder: made if it is not there.
        found: the standing of a trial with a shadow.
        usecase: whose it is.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "comparison.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    (folder / "comparison.html").write_text(render(found, usecase), encoding="utf-8")


def render(found: Mapping[str, Any], usecase: UseCase) -> str:
    """The page; the same comparison gives the same text."""
    environment = Environment(
        loader=ChoiceLoader([PackageLoader("cli.trial"), PackageLoader("cli.report")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in ("count", "percent", "milliseconds"):
        environment.filters[name] = getattr(wording, name)
    environment.filters["figure"] = _figure
    context = {
        "found": found,
        "usecase": usecase,
        "variants": [(CHAMPION, "answers"), (CHALLENGER, "in the shadow")],
        "verdict": _WORDS[found["verdict"]],
        "plot": _plot(found["histogram"]) if found["pairs"] else "",
    }
    return environment.get_template("comparison.html.j2").render(context) + "\n"


def _plot(counts: list[int]) -> Markup:
    """How far scores are apart, on a logarithmic axis."""
    with canvas.style():
        drawn = canvas.figure(700, 260)
        axes = drawn.add_subplot()
        edges = np.linspace(-1, 1, BINS + 1)
        axes.stairs(counts, edges, baseline=_LEAST, fill=True, color=COLOURS["accent"], alpha=0.72, linewidth=0)
        axes.set_yscale("log")
        axes.set(xlim=(-1, 1), ylim=(_LEAST, max(counts) * 4), xlabel="score of the challenger minus the champion's")
        canvas.counts(axes)
        sentence = f"Histogram of the differences of {sum(counts)} pairs of scores, from -1 to 1."
        return canvas.svg(drawn, name="differences", describe=sentence)


def _figure(value: float | None) -> str:
    return wording.NONE if value is None else f"{value:.4g}".replace("-", wording.MINUS)
