"""The report of attributions names the features: how much each mattered then and now, and which changed places."""

from pathlib import Path

import pytest

import usecases
from pipelines.monitoring import ranks
from pipelines.monitoring.leaving import write
from pipelines.monitoring.run import About, Run

BEFORE = {"amount": 3.0, "age": 1.0, "gone": 0.0}
NOW = {"amount": 0.5, "age": 1.5, "new": 2.0}


def test_each_feature_has_its_share_and_its_place() -> None:
    found = {it["feature"]: it for it in ranks.ranked(BEFORE, NOW)}
    assert list(found) == ["amount", "age", "gone", "new"]
    assert (found["amount"]["before"], found["amount"]["now"]) == (0.75, 0.125)
    assert [it["place_now"] for it in found.values()] == [3, 2, 4, 1]
    assert sum(it["now"] for it in found.values()) == pytest.approx(1)


def test_a_model_of_which_nothing_is_known_has_no_shares() -> None:
    assert ranks.ranked({}, {}) == []
    assert ranks.section({"features": []}) == ""
    assert [it["now"] for it in ranks.ranked({"a": 1.0}, {})] == [0.0]


def test_the_report_shows_who_went_up_and_who_went_down_and_escapes_names(tmp_path: Path) -> None:
    features = ranks.ranked(BEFORE | {"<b>": 0.1}, NOW)
    violation = {"description": "Feature attribution drift: NDCG 0.6 is below threshold 0.9."}
    run = Run(attribution={"ndcg": 0.6, "rows": 90, "features": features, "violations": [violation]})
    write(run, About(usecase=usecases.load("fraud"), stage="dev", kind="attribution"), tmp_path / "out", tmp_path)
    page = (tmp_path / "out" / "report.html").read_text()
    row = "".join(f'<td class="number">{it}</td>' for it in ("73.2 %", "12.5 %", "1", "3"))
    assert f"<td>amount</td>{row}<td>2 down</td>" in page
    assert "4 up" in page
    assert "<b>" not in page
    assert "&lt;b&gt;" in page


def test_features_that_never_mattered_most_are_left_out_of_the_table() -> None:
    many = {f"f{it:03}": 1.0 / (1 + it) for it in range(100)}
    table = ranks.section({"features": ranks.ranked(many, many)})
    assert "f029" in table
    assert "f030" not in table
