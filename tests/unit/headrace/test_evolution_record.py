"""The record of what is deployed: read back as written, one line per feature, refused when it is another file."""

import pytest
from evolved_use_cases import MEAN, NOW, RECORD, changed

from headrace.errors import UseCaseError
from headrace.evolution import Record, compare


def test_a_record_read_back_is_the_record_that_was_written():
    raised = compare(RECORD, changed(MEAN, version=2)).after
    for record in (RECORD, raised):
        assert Record.loads(record.dumps(), where="recorded/shop.json") == record
    assert Record.loads(raised.dumps(), where="recorded/shop.json").dumps() == raised.dumps()


def test_a_record_has_one_line_per_feature_so_that_a_review_sees_what_changed():
    lines = RECORD.dumps().splitlines()
    for name in NOW.feature_names:
        assert len([line for line in lines if f'"{name}", "kind"' in line]) == 1


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"usecase": "shop"}', RECORD.dumps().replace('"kind"', '"kin"')])
def test_a_file_that_is_no_record_is_refused_by_name(text):
    with pytest.raises(UseCaseError, match=r"recorded/shop\.json: is no record of features; restore it"):
        Record.loads(text, where="recorded/shop.json")


def test_a_use_case_that_was_never_recorded_is_all_new():
    evolution = compare(None, NOW)
    assert (evolution.added, evolution.removed, evolution.retyped) == (NOW.feature_names, (), ())
    assert evolution.after == RECORD
    assert not evolution.refusals
    assert not evolution.raised
