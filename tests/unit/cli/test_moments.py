"""Times of files are read in the forms that people write, several in one column, and never guessed."""

import json
from pathlib import Path

import pandas as pd
import pytest

from cli import event_file, table_file
from cli.event_columns import Column, epoch_seconds, zero_or_one
from headrace.errors import UseCaseError
from headrace.usecase import Field
from headrace.values import coerce

NOON = 1_774_958_400  # 2026-03-31T12:00:00Z


def seconds(*values: object) -> list[int]:
    return epoch_seconds(Column(pd.Series(list(values)), "WHEN")).tolist()


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-31T12:00:00Z",
        "2026-03-31 14:00:00+02:00",
        "2026-03-31 12:00",
        "31/03/2026 12:00",
        "03/31/2026 12:00:00",
        "03/31/2026 12:00 PM",
        "31.03.2026 12:00",
        "31-Mar-2026 12:00:00",
        "31 March 2026 12:00",
        "Mar 31, 2026 12:00",
        "Tue, 31 Mar 2026 14:00:00 +0200",
        "2026/03/31 12:00:00.250",
        "1774958400",
        "1774958400000",
        1_774_958_400,
        1_774_958_400_000,
        1_774_958_400.0,
    ],
)
def test_a_time_means_one_second_however_it_is_written(written: object) -> None:
    assert seconds(written) == [NOON]


def test_one_column_may_hold_several_forms() -> None:
    assert seconds("2026-03-31T12:00:00Z", "31/03/2026 12:00", "Mar 31, 2026 12:00", "1774958400") == [NOON] * 4


def test_a_text_that_can_be_read_in_one_way_only_decides_for_the_others_of_the_column() -> None:
    assert seconds("03/04/2026", "31/03/2026") == seconds("2026-04-03", "2026-03-31")
    assert seconds("03/04/2026", "03/31/2026") == seconds("2026-03-04", "2026-03-31")
    assert seconds("03/04/2026 10:00", "31/03/2026") == seconds("2026-04-03T10:00:00Z", "2026-03-31")


def test_a_day_that_could_be_a_month_is_refused_and_not_guessed() -> None:
    with pytest.raises(UseCaseError, match=r"WHEN: could have day or month first, as in '03/04/2026'; write times as"):
        seconds("05/05/2026", "03/04/2026")
    assert seconds("05/05/2026") == seconds("2026-05-05")


def test_days_written_as_numbers_are_days_if_all_of_them_are() -> None:
    assert seconds(20_260_331, 20_260_401) == seconds("2026-03-31", "2026-04-01")
    assert seconds(20_260_331, 20_261_399) == [20_260_331, 20_261_399]


@pytest.mark.parametrize("wrong", ["soon", "31/31/2026", "2026-02-30", None, "12"])
def test_what_is_no_time_is_refused_with_its_row(wrong: object) -> None:
    with pytest.raises(UseCaseError, match=r"WHEN: is not a time in 1 rows, first in row 1"):
        seconds("2026-03-31", wrong)


def test_labels_may_be_words() -> None:
    words = pd.Series(["yes", "No", " TRUE", "f", 1, "0", None])
    assert zero_or_one(Column(words, "CHURNED")).fillna(-1).tolist() == [1, 0, 1, 0, 1, 0, -1]
    with pytest.raises(UseCaseError, match="CHURNED: is neither 0 nor 1 in 1 rows, first in row 1"):
        zero_or_one(Column(pd.Series(["yes", "perhaps"]), "CHURNED"))


def test_objects_within_a_line_become_columns_named_by_their_path(tmp_path: Path) -> None:
    path = tmp_path / "nested.jsonl"
    lines = [{"id": 1, "card": {"country": "NL", "bin": {"bank": "A"}}}, {"id": 2, "card": None}, {"id": 3}]
    path.write_text("\n".join(map(json.dumps, lines)))
    assert table_file.columns(path) == ["id", "card.country", "card.bin.bank"]
    read = table_file.read(path, ["card.bin.bank", "id"])
    assert read["card.bin.bank"].tolist()[0] == "A"
    assert read["card.bin.bank"].isna().tolist() == [False, True, True]


def test_a_name_that_is_both_nested_and_plain_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "nested.jsonl"
    path.write_text(json.dumps({"card": {"country": "NL"}, "card.country": "DE"}))
    with pytest.raises(UseCaseError, match=r"card\.country is there both nested and plain"):
        table_file.columns(path)


def test_derived_ids_are_distinct_and_do_not_depend_on_the_order_of_rows() -> None:
    events = pd.DataFrame({"who": ["a", "b", "a", "a"], "amount": [1.0, 1.0, 2.0, 1.0]})
    ids = event_file.content_ids(events)
    assert ids.is_unique
    assert sorted(event_file.content_ids(events.iloc[::-1])) == sorted(ids)
    assert all(coerce(Field(name="event_id", type="string", max_length=64), it) == it for it in ids)
