"""Values of a delivery fit their columns, or are refused by name."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from local.emulator.delivery_columns import MistypedError, UnknownTypeError, column_type


@pytest.mark.parametrize(
    ("kind", "value", "stored"),
    [
        ("string", "a", "a"),
        ("string", 1.5, "1.5"),
        ("string", {"a": [1]}, '{"a": [1]}'),
        ("varchar(10)", "a", "a"),
        ("int", -(2**31), -(2**31)),
        ("bigint", 2**63 - 1, 2**63 - 1),
        ("double", 3, 3.0),
        ("boolean", False, False),
        ("date", "2026-01-02", date(2026, 1, 2)),
        ("timestamp", "2026-01-02T03:04:05.123456789Z", 1_767_323_045_123_456_789),
        ("timestamp", "2026-01-02 03:04:05.5", 1_767_323_045_500_000_000),
        ("timestamp", 1_767_323_045, 1_767_323_045_000_000_000),
        ("timestamp", 1_767_323_045_123, 1_767_323_045_123_000_000),
        ("decimal(10,2)", "1.005", Decimal("1.00")),
        ("decimal", 7, Decimal(7)),
        ("array<array<int>>", [[1], None], [[1], None]),
        ("map<string,int>", {"a": 1}, [("a", 1)]),
        ("struct<a:int,b:struct<c:string>>", {"A": 1, "b": {}}, {"a": 1, "b": {"c": None}}),
    ],
)
def test_json_values_fit_their_columns(kind: str, value: Any, stored: Any) -> None:
    assert column_type(kind)[1](value) == stored


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("int", "1"),
        ("int", 1.0),
        ("int", True),
        ("tinyint", 128),
        ("double", "1.5"),
        ("double", True),
        ("boolean", 1),
        ("date", "today"),
        ("timestamp", "2026-01-02"),
        ("timestamp", "2026-13-02T03:04:05Z"),
        ("timestamp", True),
        ("decimal(5,2)", "many"),
        ("array<int>", 1),
        ("map<string,int>", []),
        ("struct<a:int>", {"a": "1"}),
    ],
)
def test_values_that_do_not_fit_are_refused(kind: str, value: Any) -> None:
    with pytest.raises(MistypedError):
        column_type(kind)[1](value)


def test_an_unknown_column_type_is_named() -> None:
    with pytest.raises(UnknownTypeError, match="uniontype"):
        column_type("uniontype<int,string>")
