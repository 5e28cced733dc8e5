"""Cells of CSV by the type of their field, for CSV has none; what is none of the type is left to the field's check."""

import re
from collections.abc import Callable, Mapping

from headrace.usecase import FieldType

_WHOLE = re.compile(r"[+-]?\d{1,19}(\.0*)?", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_TRUTHS = {"1": True, "1.0": True, "true": True, "0": False, "0.0": False, "false": False}


def cell_value(cell: str, kind: FieldType) -> object:
    """A cell as JSON would have it. Texts stay as they are, spaces included; so do keys."""
    return _READ[kind](cell)


def _text(cell: str) -> object:
    return cell


def _whole(cell: str) -> object:
    text = cell.strip()
    return int(text.partition(".")[0]) if _WHOLE.fullmatch(text) else cell


def _number(cell: str) -> object:
    text = cell.strip()
    return float(text) if _NUMBER.fullmatch(text) else cell


def _truth(cell: str) -> object:
    return _TRUTHS.get(cell.strip().lower(), cell)


def _moment(cell: str) -> object:
    text = cell.strip()
    return float(text) if _NUMBER.fullmatch(text) else text


_READ: Mapping[FieldType, Callable[[str], object]] = {
    "string": _text,
    "integer": _whole,
    "number": _number,
    "boolean": _truth,
    "timestamp": _moment,
}
