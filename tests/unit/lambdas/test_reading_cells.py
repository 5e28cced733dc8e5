"""Cells of truths in files of readings, as people and frames write them."""

import json
from dataclasses import replace

import pytest
from inbox_fakes import GIVEN
from shard_records import START
from surrounded import USECASE, WEATHER

from headrace.errors import RejectedError
from headrace.usecase import Field
from lambdas.lookup_inbox.reading_rows import ReadingReader

DRY = Field(name="dry", type="boolean", required=False)
LOOKUP = replace(WEATHER, fields=(*WEATHER.fields, "dry"))
READER = ReadingReader(
    replace(USECASE, event=replace(USECASE.event, fields=(*USECASE.event.fields, DRY)), lookups=(LOOKUP,)),
    LOOKUP,
    GIVEN,
)
CELLS = {"terminal_id": "t1", "timestamp": str(START)}


@pytest.mark.parametrize(("cell", "truth"), [("1", True), ("1.0", True), (" True", True), ("0.0", False), ("0", False)])
def test_a_truth_may_be_a_word_or_a_number_with_or_without_a_point(cell: str, truth: bool) -> None:
    assert json.loads(READER.of_cells({**CELLS, "dry": cell}).data)["dry"] is truth


@pytest.mark.parametrize("cell", ["2", "1.5", "yes!", " "])
def test_anything_else_is_no_truth(cell: str) -> None:
    with pytest.raises(RejectedError, match="dry: is not true or false"):
        READER.of_cells({**CELLS, "dry": cell})
