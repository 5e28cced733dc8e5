"""A half-written table never takes the name of a file."""

from pathlib import Path

import pandas as pd
import pytest

from cli import table_file


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "f.parquet"
    path.write_text("old")

    def fail(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        table_file.write(pd.DataFrame({"a": [1]}), path, fail)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_text_is_missing_only_if_its_cell_is_empty_as_in_the_platform(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("country,amount\nNA,NA\nnull,1\n,null\nNone,2\n")
    read = table_file.read(path, ["country", "amount"], texts={"country"})
    assert [None if pd.isna(it) else it for it in read["country"]] == ["NA", "null", None, "None"]
    assert [None if pd.isna(it) else it for it in read["amount"]] == [None, 1.0, None, 2.0]
