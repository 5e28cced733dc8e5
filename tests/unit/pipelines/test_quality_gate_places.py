"""What the gate judges and where: folders, files and frames alike, by command and by job."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from gated_sets import FRAUD, ROWS, judged, training_set

from pipelines.jobs import check_quality
from pipelines.jobs.training_set import TrainingSetError
from pipelines.quality.gate import check
from pipelines.quality.training_rows import FileRows


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The training set by date, in files that are not typed alike, with bookkeeping beside them."""
    target = tmp_path / "set"
    for number, part in enumerate((training_set().head(150), training_set().tail(250).astype({"label": "int64"}))):
        place = target / f"dt=2026-01-0{number + 1}"
        place.mkdir(parents=True)
        pq.write_table(pa.Table.from_pandas(part.assign(more=1), preserve_index=False), place / "part-0.parquet")
    (target / "_index.json").write_text("{}")
    return target


def test_a_folder_a_file_and_a_frame_are_judged_alike(folder: Path, tmp_path: Path) -> None:
    expected = judged(training_set()).findings
    assert check(FRAUD, FileRows(folder)).findings == expected
    training_set().to_csv(tmp_path / "set.csv", index=False)
    assert check(FRAUD, FileRows(tmp_path / "set.csv")).findings == expected
    assert len(FileRows(folder)) == ROWS


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("absent", None, "there is no file or folder"),
        ("set.xlsx", b"", r"cannot read set\.xlsx"),
        ("set.parquet", b"no parquet", r"set\.parquet cannot be read"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(TrainingSetError, match=message):
        check(FRAUD, FileRows(tmp_path / name))


@pytest.mark.parametrize(("amount", "code"), [(50.0, 0), (-1.0, 3)])
def test_the_job_leaves_the_report_and_fails_with_the_reason(tmp_path: Path, amount: float, code: int) -> None:
    (tmp_path / "data").mkdir()
    training_set().assign(amount=amount).to_parquet(tmp_path / "data" / "part.parquet")
    places = ["--input", tmp_path / "data", "--output", tmp_path / "out", "--reason-file", tmp_path / "reason"]
    assert check_quality.main(["--usecase", "fraud", *map(str, places)]) == code
    assert json.loads((tmp_path / "out" / "quality.json").read_text())["passed"] == (code == 0)
    assert (tmp_path / "reason").exists() == (code == 3)


def test_the_job_names_a_set_that_is_not_there(tmp_path: Path) -> None:
    places = ["--input", tmp_path / "data", "--output", tmp_path / "out", "--reason-file", tmp_path / "reason"]
    assert check_quality.main(["--usecase", "fraud", *map(str, places)]) == 1
    assert "there is no file or folder" in (tmp_path / "reason").read_text()
