"""The page can be read: enough contrast in both schemes, every colour defined, plots in the page's own colours."""

import re
from pathlib import Path

import pytest
from report_runs import run

import cli.report
from cli.report.html import render
from cli.report.plots.canvas import COLOURS

TEMPLATES = Path(cli.report.__file__).parent / "templates"
LIGHT, DARK = (TEMPLATES / "theme.css").read_text().split("@media")
TEXT = ("ink", "muted", "accent", "good", "positive")


def colours(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", css))


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("css", [LIGHT, DARK], ids=["light", "dark"])
def test_text_has_the_contrast_that_wcag_aa_asks_for(css: str) -> None:
    theme = colours(css)
    pairs = [(name, ground) for name in TEXT for ground in ("card", "bg")]
    pairs += [("good", "good-soft"), ("positive", "bad-soft"), ("ink", "accent-soft"), ("muted", "accent-soft"),
              ("muted", "good-soft"), ("muted", "bad-soft"), ("on-strong", "strong")]  # fmt: skip
    weak = {pair: round(contrast(theme[pair[0]], theme[pair[1]]), 2) for pair in pairs}
    assert {pair: value for pair, value in weak.items() if value < 4.5} == {}


@pytest.mark.parametrize("css", [LIGHT, DARK], ids=["light", "dark"])
def test_marks_in_plots_have_the_contrast_that_wcag_asks_of_graphics(css: str) -> None:
    theme = colours(css)
    assert {
        name for name in ("accent", "positive", "negative", "amber") if contrast(theme[name], theme["card"]) < 3
    } == set()


def test_both_schemes_define_every_colour_that_the_page_uses() -> None:
    used = set(re.findall(r"var\(--([\w-]+)\)", render(run()))) - {"shadow"}
    assert used <= set(colours(LIGHT))
    assert set(colours(LIGHT)) == set(colours(DARK))


def test_no_stand_in_colour_reaches_the_page() -> None:
    html = render(run())
    assert not [colour for colour in COLOURS.values() if colour in html]
