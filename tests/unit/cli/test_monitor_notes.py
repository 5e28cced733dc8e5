"""``headrace monitor`` and first tries: odd tables are judged or refused, and what a verdict lacks is said aloud."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from cli.main import app

ROWS = 1_000


def table(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "event_id": [f"e{it}" for it in range(ROWS)],
            "amount": rng.gamma(2, 30, ROWS).round(2),
            "age": rng.integers(18, 80, ROWS),
            "channel": rng.choice(["chip", "online"], ROWS),
        }
    )


def monitor(tmp_path: Path, current: pd.DataFrame, *options: str, baseline: pd.DataFrame | None = None) -> Result:
    for name, frame in (("base", table(1) if baseline is None else baseline), ("now", current)):
        frame.to_csv(tmp_path / f"{name}.csv", index=False, encoding="utf-8-sig" if name == "now" else "utf-8")
    places = ("-b", str(tmp_path / "base.csv"), "-c", str(tmp_path / "now.csv"), "-o", str(tmp_path / "out"))
    return CliRunner().invoke(app, ["monitor", *places, *options])


def said(done: Result) -> str:
    return " ".join(done.stderr.split())


def scored(seed: int) -> pd.DataFrame:
    return table(seed).assign(score=np.random.default_rng(seed).random(ROWS).round(3))


def labels(tmp_path: Path, ids: Sequence[str]) -> str:
    frame = pd.DataFrame({"event_id": ids, "label": [it % 5 == 0 for it in range(len(ids))]})
    frame.astype({"label": int}).to_csv(tmp_path / "labels.csv", index=False)
    return str(tmp_path / "labels.csv")


def test_the_order_of_columns_and_a_byte_order_mark_do_not_matter(tmp_path: Path) -> None:
    done = monitor(tmp_path, table(2)[["channel", "age", "event_id", "amount"]])
    assert (done.exit_code, said(done).count("!")) == (0, 0), done.stderr


def test_a_column_without_values_is_a_violation_of_completeness(tmp_path: Path) -> None:
    done = monitor(tmp_path, table(2).assign(age=None))
    assert done.exit_code == 3
    assert "age completeness_check: 100.00% of values are missing" in said(done)
    assert "1 violation;" in said(done)


@pytest.mark.parametrize(("rows", "words"), [(1, "1 row makes no verdict"), (150, "150 rows make no verdict")])
def test_few_rows_are_no_clean_verdict_without_a_word(rows: int, words: str, tmp_path: Path) -> None:
    done = monitor(tmp_path, table(2)[:rows])
    assert done.exit_code == 0
    assert words in said(done)
    assert "--minimum-rows" in said(done)


def test_a_column_that_neither_table_has_is_not_ignored_without_a_word(tmp_path: Path) -> None:
    done = monitor(tmp_path, table(2), "--ignore", "agee", "--ignore", "age")
    assert "--ignore agee: neither table has such a column" in said(done)
    assert "--ignore age:" not in said(done)


def test_texts_of_any_length_are_cut_for_readers(tmp_path: Path) -> None:
    huge = table(2)
    huge.loc[::10, "channel"] = "x" * 100_000
    done = monitor(tmp_path, huge)
    assert done.exit_code == 3
    assert len(done.stderr) < 5_000
    assert (tmp_path / "out" / "report.html").stat().st_size < 100_000


def test_labels_that_no_answer_has_are_told_with_the_fix(tmp_path: Path) -> None:
    given = labels(tmp_path, [f"other{it}" for it in range(ROWS)])
    done = monitor(tmp_path, scored(2), "--labels", given, "--json", baseline=scored(1))
    assert done.exit_code == 0
    (note,) = json.loads(done.stdout)["notes"]
    assert "No label has the id of an answer" in note
    assert "--id" in note


def test_labels_beside_the_baselines_answers_are_not_missed_in_the_new_ones(tmp_path: Path) -> None:
    given = labels(tmp_path, [f"e{it}" for it in range(ROWS)])
    known = scored(1).assign(label=np.arange(ROWS) % 5 == 0)
    done = monitor(tmp_path, scored(2), "--labels", given, "--json", baseline=known.astype({"label": int}))
    assert done.exit_code == 0, done.stdout
    assert json.loads(done.stdout)["model_quality"]["status"] == "HEALTHY"
