"""The pieces that tables are made of. Every text from outside is escaped where it is put into the page."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from pipelines.jobs.report.svg import number

_VERDICTS = {
    **dict.fromkeys(("worse", "beyond", "changed"), "fail"),
    **dict.fromkeys(("within", "like the rest", "as before"), "pass"),
}


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of ready cells; heads that begin with ``#`` are of numbers."""
    numeric = [head.startswith("#") for head in heads]
    head = "".join(_cell("th", escape(text.lstrip("#")), it) for text, it in zip(heads, numeric, strict=True))
    body = "".join(
        "<tr>" + "".join(_cell("td", text, it) for text, it in zip(row, numeric, strict=True)) + "</tr>" for row in rows
    )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def facts(found: Mapping[str, Any]) -> str:
    """Names and values."""
    return "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{_shown(it)}</dd>" for name, it in found.items()) + "</dl>"


def bar(svg: str) -> str:
    """A cell that is a picture."""
    return f'<td class="bar">{svg}</td>'


def verdict(words: str) -> str:
    """A verdict in its colour."""
    return f'<span class="{_VERDICTS.get(words, "soft")}">{escape(words)}</span>'


def _cell(tag: str, text: str, numeric: bool) -> str:
    if text.startswith("<td"):
        return text
    return f'<{tag} class="number">{text}</{tag}>' if numeric else f"<{tag}>{text}</{tag}>"


def _shown(value: Any) -> str:
    return escape(number(value) if isinstance(value, float) else str(value))
