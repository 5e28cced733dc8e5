"""What one event contributes to the columns of a track."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, cast, get_args

from headrace.calendar import PARTS
from headrace.usecase import CalendarPart, FieldType
from headrace.values import Value
from headrace.window_functions.function import ColumnKind, Row
from headrace.window_functions.sketches import bin_of, hash_of
from headrace.windows.aggregates import Column

Event: TypeAlias = Mapping[str, Value]
"""An event as ``coerce_event`` returns it: None or absence is no value."""
Contribute: TypeAlias = Callable[[Event, int], Row]
"""From an event's values and time to a row of the track."""
CALENDAR = frozenset(get_args(CalendarPart))
_Part: TypeAlias = Callable[[Event, int], Any]


def contributor(columns: Sequence[Column]) -> Contribute:
    """What one event contributes to these columns, of which the first counts events.

    Windows over parts of the calendar take them from the event's time.
    """
    parts = [_part(column) for column in columns[1:]]
    if not parts:
        return lambda _, __: [1]
    if len(parts) == 1:
        only = parts[0]
        return lambda values, timestamp: [1, only(values, timestamp)]

    def contribute(values: Event, timestamp: int) -> Row:
        row: list[Any] = [1]
        for part in parts:
            row.append(part(values, timestamp))
        return row

    return contribute


def _part(column: Column) -> _Part:
    field = column.field
    if field is None or column.kind == "last_at":
        return lambda _, timestamp: timestamp
    if column.kind == "newest":
        return _time_of_truth(field)
    absent, convert = _conversion(column)
    if field in CALENDAR:
        part = PARTS[cast(CalendarPart, field)]
        return lambda _, timestamp: convert(part(timestamp))

    if convert is _number:
        return _number_of(field, absent)

    def contribute(values: Event, _: int) -> object:
        value = values.get(field)
        return absent if value is None else convert(value)

    return contribute


def _time_of_truth(field: str) -> _Part:
    """The event's time if the field is neither false nor 0, else 0."""
    if field in CALENDAR:
        part = PARTS[cast(CalendarPart, field)]
        return lambda _, timestamp: timestamp if part(timestamp) else 0
    return lambda values, timestamp: timestamp if values.get(field) else 0


def _number_of(field: str, absent: object) -> _Part:
    """What a number contributes, without a call for its conversion: most columns hold numbers."""

    def contribute(values: Event, _: int) -> object:
        value: Any = values.get(field)
        return absent if value is None else value + 0.0  # as ``_number``

    return contribute


def _conversion(column: Column) -> tuple[object, Callable[[Any], object]]:
    """What stands for no value (the neutral element), and how a value enters."""
    if column.kind == "hashes":
        kind = cast(FieldType, column.type)
        return (), lambda value: (hash_of(value, kind),)
    if column.allowed:
        codes = {text: float(code) for code, text in enumerate(column.allowed)}
        return math.nan, lambda text: codes.get(text, math.nan)
    return _CONVERSIONS[column.kind]


def _number(value: float) -> float:
    return value + 0.0  # -0.0 becomes 0.0, and truth a number


_CONVERSIONS: dict[ColumnKind, tuple[object, Callable[[Any], object]]] = {
    "count": (0, lambda _: 1),
    "sum": (0.0, _number),
    "min": (math.inf, _number),
    "max": (-math.inf, _number),
    "deviation": (0.0, lambda _: 0.0),
    "last": (math.nan, _number),
    "bins": ((), lambda value: ((bin_of(value), 1),)),
}
