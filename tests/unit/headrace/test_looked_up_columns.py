"""What is filled has its field's type, whatever mixture of columns it comes from and whatever the type once was."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from looked_up import FIELDS, WEATHER, looking_up

from headrace.lookups import LookupKey, Reading, fill, gather
from headrace.schema import Value
from headrace.usecase import Field
from headrace.windows_columnar.lookups import look_up

DRY = Field(name="dry", type="boolean", required=False)
USECASE = looking_up(replace(WEATHER, fields=("degrees", "rain", "sky", "dry")), fields=(*FIELDS, DRY))
EVENTS = pd.DataFrame({"customer_id": ["c", "c"], "city_id": ["A", "B"], "timestamp": [1_000, 1_000]})


def _readings(**values: object) -> dict[str, pd.DataFrame]:
    return {"weather": pd.DataFrame({"city_id": ["A"], "timestamp": [500], **{it: [of] for it, of in values.items()}})}


@pytest.mark.parametrize(
    ("name", "own", "told", "whole"),
    [
        ("dry", 0.0, True, np.array([True, False])),
        ("rain", 3.0, 7, np.array([7, 3], dtype=np.int64)),
        ("degrees", 3.0, 7, np.array([7.0, 3.0])),
    ],
)
def test_what_lost_its_type_to_a_missing_value_has_it_again_once_filled(
    name: str, own: float, told: object, whole: np.ndarray
) -> None:
    found = look_up(USECASE, EVENTS.assign(**{name: [np.nan, own]}), _readings(**{name: told}))[name]
    assert found.dtype == whole.dtype
    assert found.tolist() == whole.tolist()


def test_a_text_of_which_nothing_is_known_is_none_and_a_number_is_nan() -> None:
    found = look_up(USECASE, EVENTS, {})
    assert found["sky"].tolist() == [None, None]
    assert found["dry"].isna().all()
    assert [str(found[it].dtype) for it in ("sky", "dry")] == ["object", "float64"]


@pytest.mark.parametrize("old", [{"degrees": "warm"}, {"rain": 0.5}, {"rain": True}, {"sky": 3}, {"dry": 1}])
def test_a_reading_from_before_its_fields_type_changed_is_no_value(old: dict[str, Value]) -> None:
    lookup = USECASE.lookups[0]
    known = {LookupKey("weather", "A"): gather(lookup, [Reading("A", 500, old)])}
    assert fill(USECASE, {"city_id": "A", "timestamp": 1_000}, known)[next(iter(old))] is None
