"""Files and streams refuse the same values, and for the same reason."""

import json
import math

import numpy as np
import pandas as pd
import pytest

from cli.event_columns import Column, field_values
from headrace.errors import RejectedError, UseCaseError
from headrace.usecase import Field
from headrace.values import coerce

NUMBER = Field(name="amount", type="number")
BOUNDED = Field(name="amount", type="number", minimum=0, maximum=10)
INTEGER = Field(name="pieces", type="integer")
FEW = Field(name="pieces", type="integer", minimum=-5, maximum=10)
WRONG = [
    (NUMBER, 1.1e30),
    (NUMBER, -1.1e30),
    (NUMBER, math.inf),
    (NUMBER, -math.inf),
    (BOUNDED, -0.5),
    (BOUNDED, 10.5),
    (BOUNDED, 1e31),
    (Field(name="amount", type="number", maximum=1e40), 1e35),
    (INTEGER, 2.5),
    (INTEGER, 1 << 63),
    (INTEGER, -(1 << 64)),
    (FEW, 11),
    (FEW, -6),
]


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_a_file_refuses_what_the_stream_refuses_in_the_same_words(field: Field, value: float) -> None:
    with pytest.raises(RejectedError) as streamed:
        coerce(field, value)
    with pytest.raises(UseCaseError) as filed:
        field_values(Column(pd.Series([1, value]), "COLUMN"), field)
    assert f"COLUMN: {streamed.value.reason} in 1 rows, first in row 1" in str(filed.value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (NUMBER, 1e30),
        (NUMBER, -1e30),
        (NUMBER, 0.1),
        (BOUNDED, 0),
        (BOUNDED, 10),
        (INTEGER, (1 << 63) - 1),
        (INTEGER, -(1 << 63)),
        (INTEGER, (1 << 53) + 1),
        (FEW, -5),
    ],
)
def test_a_file_takes_what_the_stream_takes_and_changes_nothing(field: Field, value: float) -> None:
    assert field_values(Column(pd.Series([value]), "COLUMN"), field).tolist() == [coerce(field, value)]


@pytest.mark.parametrize("field", [NUMBER, INTEGER, Field(name="at", type="timestamp")])
@pytest.mark.parametrize("dtype", [bool, object])
def test_true_is_no_number_and_no_time_in_either(field: Field, dtype: type) -> None:
    with pytest.raises(RejectedError):
        coerce(field, True)
    with pytest.raises(UseCaseError, match=r"is true or false, not a .* in 1 rows, first in row 0"):
        field_values(Column(pd.Series([True], dtype=dtype), "COLUMN"), field)


def test_numbers_that_no_float_can_hold_are_refused_by_both() -> None:
    huge = json.loads("1" + "0" * 400)
    with pytest.raises(RejectedError):
        coerce(NUMBER, huge)
    with pytest.raises(UseCaseError, match="COLUMN"):
        field_values(Column(pd.Series([huge], dtype=object), "COLUMN"), NUMBER)


def test_an_optional_number_may_be_missing_in_a_file_of_large_ones() -> None:
    field = Field(name="amount", type="number", required=False)
    found = field_values(Column(pd.Series([1e30, np.nan]), "COLUMN"), field)
    assert found.tolist()[0] == 1e30
    assert math.isnan(found.tolist()[1])
