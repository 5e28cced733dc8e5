"""Python source of calls and tuples, laid out as ``ruff format`` would: one line where it fits, else a line a part."""

import json
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 120
_STEP = 4


@dataclass(frozen=True)
class Call:
    """A call with keyword arguments."""

    name: str
    arguments: Sequence[tuple[str, "Node"]]


@dataclass(frozen=True)
class Noted:
    """A value with a comment above its line."""

    value: "Node"
    comment: str


@dataclass(frozen=True)
class Name:
    """A name in the source, such as of a constant."""

    text: str


Node = Call | Noted | Name | str | int | float | bool | None | tuple["Node", ...]


def source(node: Node, *, indent: int = 0, used: int = 0) -> str:
    """The source of a node.

    Args:
        node: what to write.
        indent: columns before the line on which it begins.
        used: columns of that line that are taken, with the comma that follows.
    """
    if isinstance(node, Noted):
        return source(node.value, indent=indent, used=used)
    flat = _flat(node)
    if flat is not None and used + len(flat) <= WIDTH:
        return flat
    if isinstance(node, Call):
        parts = [(_comment(value, indent + _STEP), f"{name}=", value) for name, value in node.arguments]
        return _exploded(f"{node.name}(", parts, indent)
    if isinstance(node, tuple):
        return _exploded("(", [(_comment(value, indent + _STEP), "", value) for value in node], indent)
    return flat or ""


def comment(text: str, indent: int) -> str:
    """A comment of any length as lines that fit."""
    return "".join(f"{' ' * indent}# {line}\n" for line in textwrap.wrap(text, WIDTH - indent - len("# ")))


def _comment(node: Node, indent: int) -> str:
    return comment(node.comment, indent) if isinstance(node, Noted) else ""


def _exploded(opening: str, parts: Sequence[tuple[str, str, Node]], indent: int) -> str:
    inner = indent + _STEP
    lines = [
        f"{said}{' ' * inner}{prefix}{source(value, indent=inner, used=inner + len(prefix) + 1)},\n"
        for said, prefix, value in parts
    ]
    return f"{opening}\n{''.join(lines)}{' ' * indent})"


def _flat(node: Node) -> str | None:
    """On one line; None if a comment keeps it from that."""
    if isinstance(node, Noted):
        return None
    if isinstance(node, Name):
        return node.text
    if isinstance(node, Call):
        parts = [(name, _flat(value)) for name, value in node.arguments]
        return None if any(it is None for _, it in parts) else f"{node.name}({', '.join(f'{n}={v}' for n, v in parts)})"
    if isinstance(node, tuple):
        values = [_flat(it) for it in node]
        known = [it for it in values if it is not None]
        return None if len(known) < len(values) else f"({', '.join(known)}{',' * (len(known) == 1)})"
    return quoted(node) if isinstance(node, str) else repr(node)


def quoted(text: str) -> str:
    """A text in double quotes, unless single ones spare escapes."""
    if '"' in text and "'" not in text:
        return repr(text)
    return json.dumps(text, ensure_ascii=False)
