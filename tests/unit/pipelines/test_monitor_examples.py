"""Violations lead to rows: the file, the line, whose row it is, and the value that shows what is wrong."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from headrace.drift import Settings
from pipelines.monitoring.examples import MOST, Example, document, examples, shown
from pipelines.monitoring.watch import watch

ROWS = 2_000


def table(**changes: Any) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "id": [f"tx-{it}" for it in range(ROWS)],
            "amount": rng.lognormal(3, 0.5, ROWS),
            "channel": rng.choice(["web", "shop"], ROWS),
        }
    )
    return frame.assign(**changes)


@pytest.fixture
def normal(tmp_path: Path) -> Path:
    path = tmp_path / "normal.parquet"
    table().to_parquet(path)
    return path


def found(normal: Path, now: pd.DataFrame) -> dict[str, list[Example]]:
    path = normal.parent / "now" / "part.csv"
    path.parent.mkdir()
    now.to_csv(path, index=False)
    return examples(path.parent, watch(normal, path.parent, Settings(ignore=frozenset({"id"}))), id_column="id")


def test_a_new_category_leads_to_the_rows_that_have_it(normal: Path) -> None:
    now = table()
    now.loc[100:160, "channel"] = "phone"
    rows = found(normal, now)["channel"]
    assert rows[0] == Example(file="part.csv", line=101, id="tx-100", value="phone")
    assert len(rows) == MOST


def test_missing_values_lead_to_rows_without_one(normal: Path) -> None:
    now = table()
    now.loc[::10, "amount"] = np.nan
    assert {it.value for it in found(normal, now)["amount"]} == {"missing"}


def test_a_changed_unit_leads_to_values_that_were_never_seen(normal: Path) -> None:
    now = table()
    now["amount"] *= 100
    assert all(float(it.value) > 500 for it in found(normal, now)["amount"])


def test_another_type_and_another_column_lead_to_their_rows_and_a_missing_one_to_none(normal: Path) -> None:
    now = table().drop(columns="channel").assign(extra=1)
    now["amount"] = now["amount"].astype(object)
    now.loc[::20, "amount"] = "many"
    rows = found(normal, now)
    assert {it.value for it in rows["amount"]} == {"many"}
    assert [it.line for it in rows["extra"]] == [1, 2, 3, 4, 5]
    assert "channel" not in rows


def test_captured_rows_are_named_by_their_file_line_and_inference_id(normal: Path, tmp_path: Path) -> None:
    lines = []
    for place, amount in enumerate(table()["amount"] * 100):
        asked = {"instances": [{"amount": amount, "channel": "web" if place % 2 else "shop"}]}
        sides = {"endpointInput": {"data": json.dumps(asked), "encoding": "JSON"}}
        lines.append(json.dumps({"captureData": sides, "eventMetadata": {"inferenceId": f"call-{place}"}}))
    folder = tmp_path / "capture" / "2026"
    folder.mkdir(parents=True)
    (folder / "a.jsonl").write_text("\n".join(lines))
    watched = watch(normal, tmp_path / "capture", Settings(ignore=frozenset({"id"})))
    (first, *_) = examples(tmp_path / "capture", watched)["amount"]
    assert first.file == "2026/a.jsonl"
    assert first.id == f"call-{first.line - 1}"


def test_what_is_shown_is_text_and_not_markup() -> None:
    rows = [Example(file="<a>", line=1, id="<b>", value="<c>")]
    assert not {"<a>", "<b>tx", "<c>"} & {*shown(rows).split()}
    assert "&lt;c&gt;" in shown(rows)
    assert document({"x": rows})["columns"]["x"] == [{"file": "<a>", "line": 1, "id": "<b>", "value": "<c>"}]
