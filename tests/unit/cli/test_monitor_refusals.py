"""``headrace monitor`` on input that it cannot use: the exit code, and words that name the file and the fix."""

from pathlib import Path

import pytest
from monitored_tables import monitor
from typer.testing import CliRunner

from cli.main import app

MANY = b"a\n" + b"\n".join(b"%d" % it for it in range(99))
WRONG: list[tuple[str, bytes, tuple[str, ...], str]] = [
    ("now.txt", b"a", (), "cannot read this kind of file"),
    ("now.csv", b"", (), "is empty; give a file whose first line"),
    ("now.csv", b"a,b\n", (), "has no rows"),
    ("now.csv", b"a,b\n1,2\n1,2,3\n", (), "cannot be read"),
    ("now.csv", b"a,a\n1,2\n", (), "the column 'a' more than once"),
    ("now.csv", b"a\n\xff\xfe\xfa\n", (), "is no text in UTF-8"),
    ("now.parquet", b"PAR1 no", (), "cannot be read"),
    ("now.jsonl", b"no\nno\n", (), "none of 2 lines"),
    ("now.csv.gz", b"no gzip", (), "cannot be read"),
    ("now.csv", b"a\n1\n", ("--season", "hour-of-day"), "--quiet; name the column of times with it"),
    ("now.csv", b"a\n1\n", ("--time", "a"), "--quiet only; give it with one of them"),
    ("now.csv", "a\ncafé\n".encode("latin-1"), (), "is no text in UTF-8"),
    ("now.csv", "a\n1\n".encode("utf-16"), (), "save it as UTF-8"),
    ("now.csv", b"a\n1\n", ("--season", "hour-of-day", "--time", "when"), "has no column 'when'"),
    ("now.csv", b"a\nx\n", ("--season", "hour-of-day", "--time", "a"), "holds no times"),
    ("now.csv", b"a\n1\n", ("--every", "1d", "--time", "when"), "has no column 'when'"),
    ("now.csv", b"a\n1\n", ("--every", "soon", "--time", "a"), "--every: 'soon' is not a duration"),
    ("now.csv", b"a\n1\n", ("--every", "0s", "--time", "a"), "--every: is nothing"),
    ("now.csv", MANY, ("--every", "1s", "--time", "a"), "make them longer"),
    ("now.csv", b"a\n1\n", ("--thresholds", "baseline"), "--thresholds baseline"),
    ("now.csv", b"a\n1\n", ("--usecase", "nobody"), "nobody"),
]


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_input_ends_with_2_and_names_the_file_and_the_fix(
    normal: Path, tmp_path: Path, wrong: tuple[str, bytes, tuple[str, ...], str]
) -> None:
    name, content, options, words = wrong
    (tmp_path / name).write_bytes(content)
    done = monitor(normal, tmp_path / name, tmp_path / "out", *options)
    assert done.exit_code == 2, done.output
    assert words in " ".join(done.stderr.split())
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("option", ["--baseline", "--current"])
def test_a_place_that_is_not_there_is_named_with_its_option(normal: Path, tmp_path: Path, option: str) -> None:
    places = {"--baseline": str(normal), "--current": str(normal), option: str(tmp_path / "nowhere")}
    done = CliRunner().invoke(app, ["monitor", *(it for pair in places.items() for it in pair)])
    assert done.exit_code == 2
    assert option in done.stderr
    assert "check the path" in done.stderr


def test_a_folder_without_tables_and_a_foreign_baseline_are_refused(normal: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "holds no table" in monitor(normal, tmp_path / "empty", tmp_path / "out").stderr
    for text, words in (("{", "is no JSON"), ("{}", "not as Model Monitor writes it")):
        (tmp_path / "empty" / "statistics.json").write_text(text)
        assert words in " ".join(monitor(tmp_path / "empty", normal, tmp_path / "out").stderr.split())


def test_an_out_that_is_a_file_is_refused(normal: Path) -> None:
    done = monitor(normal, normal, normal)
    assert done.exit_code == 2
    assert "--out" in done.stderr
