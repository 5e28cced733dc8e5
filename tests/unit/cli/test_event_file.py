"""Files of past events become frames of the use case, or an error that names the column."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import usecases
from cli.event_file import parse_map, read
from headrace.errors import UseCaseError
from headrace.usecase import Field

FRAUD = usecases.load("fraud")
COLUMNS = {
    "event_id": "ID",
    "timestamp": "WHEN",
    "customer_id": "C",
    "terminal_id": "T",
    "amount": "EUR",
    "label": "BAD",
}


def rows() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "ID": [12, 11, 13],
            "WHEN": pd.to_datetime(["2018-04-01T00:00:02.000", "2018-04-01T00:00:01.900", "2018-04-01T00:00:01.000"]),
            "C": [596, 4961, 596],
            "T": [3156, 3412, 1365],
            "EUR": [57.16, 81.51, 146.0],
            "BAD": [0, 1, 0],
        }
    )


@pytest.fixture(params=["parquet", "csv", "csv.gz", "jsonl"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"events.{request.param}"
    frame = rows()
    if request.param == "parquet":
        frame.to_parquet(path)
    elif request.param == "jsonl":
        frame.assign(WHEN=frame["WHEN"].astype(str)).to_json(path, orient="records", lines=True)
    else:
        frame.to_csv(path, index=False)
    return path


def test_every_file_format_gives_the_same_frame(file: Path) -> None:
    frame = read([file], FRAUD, COLUMNS).frame
    assert frame["event_id"].tolist() == ["11", "13", "12"]
    assert frame["timestamp"].tolist() == [1522540801, 1522540801, 1522540802]
    assert frame["customer_id"].tolist() == ["4961", "596", "596"]
    assert frame["amount"].tolist() == [81.51, 146.0, 57.16]
    assert frame["fraud"].tolist() == [1.0, 0.0, 0.0]


def test_the_original_ids_are_kept_under_their_own_name(file: Path) -> None:
    source = read([file], FRAUD, COLUMNS)
    assert source.id_column == "ID"
    assert source.ids.loc[["13", "11"]].tolist() == [13, 11]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame.drop(columns="EUR"), "amount: events.csv has no column 'EUR'"),
        (lambda frame: frame.assign(EUR=[1.0, -2.0, 3.0]), "EUR: is below 0 in 1 rows, first in row 1"),
        (lambda frame: frame.assign(EUR=["1", "ten", "3"]), "EUR: is not a number in 1 rows, first in row 1"),
        (lambda frame: frame.assign(C=[1, None, None]), "C: is missing in 2 rows, first in row 1"),
        (lambda frame: frame.assign(WHEN=["2018-04-01", "x", "2018-04-02"]), "WHEN: is not a time in 1 rows"),
        (lambda frame: frame.assign(WHEN=1_522_540_801_000_000), "WHEN: is no time from 1970 to 2200 in epoch seconds"),
        (lambda frame: frame.assign(WHEN=[1.0, float("inf"), 2.0]), "WHEN: is no time from 1970 to 2200"),
        (lambda frame: frame.head(0), "events.csv: holds no rows"),
        (lambda frame: frame.assign(ID=[1, 2, 1]), "ID: '1' is there more than once"),
        (lambda frame: frame.assign(BAD=[0, 2, 0]), "BAD: is neither 0 nor 1 in 1 rows"),
    ],
)
def test_a_wrong_column_is_named(tmp_path: Path, change: Callable[[pd.DataFrame], pd.DataFrame], message: str) -> None:
    path = tmp_path / "events.csv"
    change(rows()).to_csv(path, index=False)
    with pytest.raises(UseCaseError) as caught:
        read([path], FRAUD, COLUMNS)
    assert message in str(caught.value)


def test_a_label_may_be_missing_for_some_rows(tmp_path: Path) -> None:
    path = tmp_path / "events.parquet"
    rows().assign(BAD=[0.0, None, 1.0]).to_parquet(path)
    assert read([path], FRAUD, COLUMNS).frame["fraud"].isna().sum() == 1


def test_a_value_with_parts_is_no_key(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    frame = rows().assign(WHEN=rows()["WHEN"].astype(str), C=[{"v": 1}, [2], "3"])
    frame.to_json(path, orient="records", lines=True)
    with pytest.raises(UseCaseError, match="C: is not a single value in 2 rows, first in row 0"):
        read([path], FRAUD, COLUMNS)


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"not parquet")
    with pytest.raises(UseCaseError, match=r"broken\.parquet: cannot be read"):
        read([broken], FRAUD, COLUMNS)
    with pytest.raises(UseCaseError, match="there is no such file"):
        read([tmp_path / "absent.csv"], FRAUD, COLUMNS)
    with pytest.raises(UseCaseError, match=r"cannot read \.xlsx"):
        read([tmp_path / "sheet.xlsx"], FRAUD, COLUMNS)
    with pytest.raises(UseCaseError, match="is a folder"):
        read([tmp_path], FRAUD, COLUMNS)


def test_a_map_names_fields_and_columns() -> None:
    assert parse_map("event_id=ID, amount = EUR,") == {"event_id": "ID", "amount": "EUR"}
    for wrong in ("event_id", "=ID", "amount=A,amount=B"):
        with pytest.raises(UseCaseError, match="--map"):
            parse_map(wrong)


def test_a_map_to_a_column_that_is_not_there_is_refused(file: Path) -> None:
    with pytest.raises(UseCaseError, match=r"fraud: events\.\S+ has no column 'BDA'; there are ID, WHEN"):
        read([file], FRAUD, {**COLUMNS, "label": "BDA"})


def test_a_map_of_an_unknown_field_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UseCaseError, match="fraud has no field 'amuont'; use one of event_id"):
        read([tmp_path / "x.csv"], FRAUD, {"amuont": "EUR"})


def test_ids_that_numbers_would_change_stay_text(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    rows().assign(ID=["012", "11", "13"], C=["007", "7", "8"]).to_csv(path, index=False)
    source = read([path], FRAUD, COLUMNS)
    assert source.ids.loc[["012", "11"]].tolist() == ["012", "11"]
    assert sorted(source.frame["customer_id"]) == ["007", "7", "8"]


def test_a_wrong_row_of_several_files_is_found_in_its_file(tmp_path: Path) -> None:
    june, july = tmp_path / "june.csv", tmp_path / "july.csv"
    rows().to_csv(june, index=False)
    rows().assign(ID=[21, 22, 23], EUR=["1", "2", "ten"]).to_csv(july, index=False)
    with pytest.raises(UseCaseError, match=r"EUR: is not a number in 1 rows, first in row 2 of july\.csv"):
        read([june, july], FRAUD, COLUMNS)


def test_texts_are_checked_as_the_stream_checks_them(tmp_path: Path) -> None:
    path = tmp_path / "events.parquet"
    rows().assign(C=["a", "b" * 65, "c\n"]).to_parquet(path)
    with pytest.raises(UseCaseError, match="C: is longer than 64 characters in 1 rows, first in row 1"):
        read([path], FRAUD, COLUMNS)


def test_what_an_optional_field_lacks_stays_missing(tmp_path: Path) -> None:
    extra = (
        Field(name="shop", type="string", required=False),
        Field(name="online", type="boolean", required=False),
        Field(name="items", type="integer", required=False),
    )
    usecase = replace(FRAUD, event=replace(FRAUD.event, fields=(*FRAUD.event.fields, *extra)))
    path = tmp_path / "events.parquet"
    rows().assign(shop=[12.0, None, 7.0], online=[True, None, False], items=[1.0, None, 3.0]).to_parquet(path)
    frame = read([path], usecase, COLUMNS).frame.set_index("event_id")
    assert frame.loc[["12", "13"], "shop"].tolist() == ["12", "7"]
    assert frame.loc["11", ["shop", "online", "items"]].isna().all()
    with pytest.raises(UseCaseError, match="items: is not a whole number in 1 rows"):
        rows().assign(items=[1.5, None, 3.0]).to_parquet(path)
        read([path], usecase, COLUMNS)


def test_copies_are_left_out_where_the_use_case_drops_them(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    pd.concat([rows(), rows().tail(1).assign(WHEN="2018-04-02")]).to_csv(path, index=False)
    dropping = replace(FRAUD, event=replace(FRAUD.event, drop_duplicates=True))
    source = read([path], dropping, COLUMNS)
    assert source.frame["event_id"].tolist() == ["11", "13", "12"]
    assert source.ids.loc[source.frame["event_id"]].tolist() == [11, 13, 12]
    with pytest.raises(UseCaseError, match="ID: '13' is there more than once"):
        read([path], FRAUD, COLUMNS)
