"""From a matplotlib figure to SVG that belongs to the page: its colours, its fonts, and the same bytes every time.

Matplotlib knows no style sheets, so a plot is drawn in stand-in colours that become CSS variables; then it follows the
reader's light or dark scheme.
"""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from markupsafe import Markup, escape
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from matplotlib.typing import RcKeyType

from cli.report import wording

POINTS_PER_INCH = 72
"""A figure of 350 x 270 points is drawn in a view box of 350 x 270 units."""

ROLES = ("ink", "muted", "line", "grid", "card", "accent", "positive", "negative", "good", "accent-soft")
COLOURS = {role: f"#0102{number:02x}" for number, role in enumerate(ROLES, start=16)}

STYLE: dict[RcKeyType, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "headrace",
    "text.parse_math": False,
    "font.size": 12,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "axes.edgecolor": COLOURS["line"],
    "axes.labelcolor": COLOURS["muted"],
    "axes.labelsize": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.xmargin": 0,
    "grid.color": COLOURS["grid"],
    "grid.linewidth": 1,
    "text.color": COLOURS["ink"],
    "xtick.color": COLOURS["line"],
    "ytick.color": COLOURS["line"],
    "xtick.labelcolor": COLOURS["muted"],
    "ytick.labelcolor": COLOURS["muted"],
    "ytick.major.size": 0,
    "ytick.minor.size": 0,
    "xtick.minor.size": 0,
    "lines.linewidth": 2,
    "lines.solid_capstyle": "round",
}

DASHED = (0, (3, 3))

_ID = re.compile(r'\sid="([^"]+)"')
_NOT_DRAWN = re.compile(r'<metadata>.*?</metadata>|<!--.*?-->|\sxmlns(:\w+)?="[^"]*"', re.DOTALL)
_LINE_END = re.compile(r"\n\s*")
_FONT = re.compile(r"font(?:-size)?: (?:\w+ )*?([\d.]+)px[^;\"]*;?(?: font-family: [^;\"]*;?)?")


@dataclass(frozen=True, kw_only=True)
class Plot:
    """One finished plot: its SVG, and its legend as (role, words), the role empty where no colour belongs to it."""

    svg: Markup
    legend: tuple[tuple[str, str], ...] = ()


@contextmanager
def style() -> Iterator[None]:
    """Matplotlib in the page's style, for as long as the context lasts."""
    with mpl.rc_context(STYLE):
        yield


def figure(width: float, height: float) -> Figure:
    """An empty figure of so many units."""
    return Figure(figsize=(width / POINTS_PER_INCH, height / POINTS_PER_INCH), layout="constrained")


def svg(drawn: Figure, *, name: str, describe: str) -> Markup:
    """The figure as inline SVG.

    Args:
        drawn: made by ``figure`` within ``style``.
        name: unique in the page; begins every id.
        describe: what the plot shows, in one sentence, for those who cannot see it.
    """
    buffer = io.StringIO()
    drawn.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = _LINE_END.sub(" ", _NOT_DRAWN.sub("", text)).replace("xlink:href", "href")
    for role, colour in COLOURS.items():
        text = text.replace(colour, f"var(--{role})")
    text = _FONT.sub(r"font-size: \1px;", text)
    box = re.search(r'viewBox="[^"]+"', text)
    head = f'<svg class="plot" role="img" aria-label="{escape(describe)}" {box.group() if box else ""}'
    text = re.sub(r"<svg[^>]*", head.replace("\\", r"\\"), text, count=1)
    return Markup(_own_ids(text, name))  # noqa: S704 - matplotlib escapes what it draws


def _own_ids(text: str, name: str) -> str:
    """Prefix the ids that are referred to and drop all others: several plots share one page."""
    used = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', text))
    text = _ID.sub(lambda it: f' id="{name}-{it[1]}"' if it[1] in used else "", text)
    return re.sub(r'(url\(#|href="#)([^)"]+)', rf"\g<1>{name}-\g<2>", text)


def counts(axes: Axes) -> None:
    """Label the upright axis with grouped thousands, and draw its grid only."""
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: wording.count(value)))
    axes.grid(visible=False, axis="x")
