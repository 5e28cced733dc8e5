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
