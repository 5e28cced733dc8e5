"""The gate refuses what must not be trained on, says exactly what is wrong, and sees all rows in one pass."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from gated_sets import FRAUD, ROWS, START, judged, training_set

from headrace.usecase import Expectation, Field, Transform, UseCase
from pipelines.quality import training_rows
from pipelines.quality.gate import Verdict, write_report
from pipelines.quality.profile import Profile, watches
from pipelines.quality.refusal import QualityError
from pipelines.quality.training_rows import FrameRows
from pipelines.quality.uniqueness import Distinct


def failed(verdict: Verdict) -> dict[tuple[str, str], str]:
    return {(it.column, it.rule): it.found for it in verdict.failures}


def put(frame: pd.DataFrame, column: str, rows: list[int], value: object) -> pd.DataFrame:
    changed = frame.astype({column: object})
    changed.loc[rows, column] = value
    return changed.astype({column: frame[column].dtype if value is not None else object})


def test_a_sound_training_set_passes_every_rule() -> None:
    verdict = judged(training_set())
    assert verdict.passed
    assert not verdict.warnings
    assert {it.rule for it in verdict.findings} >= {"uniqueness", "completeness", "mean", "allowed", "classes", "rows"}
    verdict.require("nowhere")


@pytest.mark.parametrize(
    ("change", "column", "rule", "found"),
    [
        (lambda it: it.head(0), "", "rows", "none"),
        (lambda it: it.assign(label=np.int8(0)), "label", "classes", "0 rows with 1, 400 rows with 0"),
        (lambda it: it.assign(label=np.int8(1)), "label", "classes", "400 rows with 1, 0 rows with 0"),
        (lambda it: put(it, "label", [3], 2), "label", "allowed", "another value in 1 row"),
        (lambda it: put(it, "label", [3, 4], None), "label", "present", "missing in 2 rows"),
        (lambda it: put(it, "event_id", [5, 6], "e00001"), "event_id", "one row per event", "an id again in 2 rows"),
        (lambda it: put(it, "event_id", [5], None), "event_id", "present", "missing in 1 row"),
        (lambda it: put(it, "customer_id", [5], None), "customer_id", "present", "missing in 1 row"),
        (lambda it: it.assign(terminal_count_7d=np.nan), "terminal_count_7d", "some value", "a value in 0 rows"),
        (lambda it: put(it, "is_night", [7], -np.inf), "is_night", "finite", "infinite in 1 row"),
        (lambda it: put(it, "timestamp", [7], START * 1000), "timestamp", "time range", "outside in 1 row"),
        (lambda it: it.drop(columns="is_night"), "is_night", "column", "absent from files with 400 rows"),
        (lambda it: it.assign(is_night="no"), "is_night", "type", "string in 400 rows"),
        (lambda it: put(it, "amount", [1, 2], np.nan), "amount", "completeness", "0.995"),
        (lambda it: put(it, "amount", [1], -2.5), "amount", "minimum", "less (lowest -2.5) in 1 row"),
        (lambda it: put(it, "amount", [1], 2e6), "amount", "maximum", "more (highest 2,000,000) in 1 row"),
        (lambda it: it.assign(amount=0.25), "amount", "mean", "0.25"),
        (lambda it: it.assign(event_id=it["event_id"].str[:3]), "event_id", "uniqueness", "0.0025"),
    ],
)
def test_each_fault_is_found_and_named(
    change: Callable[[pd.DataFrame], pd.DataFrame], column: str, rule: str, found: str
) -> None:
    verdict = judged(change(training_set()))
    assert failed(verdict)[column, rule] == found
    with pytest.raises(QualityError, match=rf"{rule}: expected .*; see report\.html"):
        verdict.require("report.html")


def test_wrong_rows_are_shown_by_event_and_value() -> None:
    verdict = judged(put(training_set(), "amount", list(range(10, 30)), -1.5))
    finding = next(it for it in verdict.failures if it.rule == "minimum")
    assert [(it.event_id, it.value) for it in finding.examples] == [(f"e{row:05}", "-1.5") for row in range(10, 15)]
    assert "for example e00010 (-1.5), e00011 (-1.5)" in finding.words


def test_a_constant_feature_is_odd_and_stops_nothing() -> None:
    verdict = judged(training_set().assign(is_night=1.0))
    assert verdict.passed
    assert [(it.column, it.found) for it in verdict.warnings] == [("is_night", "1 in every row")]


def test_times_can_be_bounded_more_closely() -> None:
    assert judged(training_set(), since=START, until=START + ROWS * 60).passed
    verdict = judged(training_set(), since=START + 60, until=START + (ROWS - 2) * 60)
    assert failed(verdict) == {("timestamp", "time range"): "outside in 3 rows"}


def test_without_a_label_only_the_rules_on_labels_are_left_out() -> None:
    frame = training_set().drop(columns="label").assign(terminal_fraud_rate_7d=np.nan, customer_count_7d=np.nan)
    verdict = judged(frame, labelled=False)
    assert set(failed(verdict)) == {("customer_count_7d", "some value")}
    assert [it.column for it in verdict.warnings] == ["terminal_fraud_rate_7d"]


def test_a_use_case_without_labels_is_never_asked_for_them() -> None:
    filled = (Transform(function="impute"),)
    model = replace(
        FRAUD.model, algorithm="isolation_forest", labelled=False, gates=(), hyperparameters={}, transforms=filled
    )
    usecase = replace(FRAUD, model=model, expectations=FRAUD.expectations[:2])
    assert judged(training_set().drop(columns="label"), usecase).passed


def masked() -> UseCase:
    fields = tuple(replace(one, privacy="hash") if one.name == "terminal_id" else one for one in FRAUD.event.fields)
    rule = Expectation(column="terminal_id", uniqueness=0.5, allowed=("T1", "T2"))
    return replace(FRAUD, event=replace(FRAUD.event, fields=fields), expectations=(rule,))


def test_values_of_masked_fields_are_never_shown(tmp_path: Path) -> None:
    frame = put(training_set(), "terminal_id", [3], "secret-terminal")
    verdict = judged(frame, masked())
    assert {it.rule for it in verdict.failures} == {"uniqueness", "allowed"}
    write_report(verdict, tmp_path)
    for path in tmp_path.iterdir():
        assert "secret" not in path.read_text()
        assert "T3" not in path.read_text()
    assert "(masked)" in str([it.words for it in verdict.failures])


def test_what_a_text_input_may_be_is_its_position_in_the_training_set() -> None:
    channel = Field(name="channel", type="string", allowed=("web", "shop", "phone"))
    usecase = replace(
        FRAUD,
        event=replace(FRAUD.event, fields=(*FRAUD.event.fields, channel)),
        inputs=("amount", "channel"),
        expectations=(Expectation(column="channel", allowed=("web", "phone")),),
    )
    assert judged(training_set().assign(channel=2.0), usecase).passed
    assert failed(judged(training_set().assign(channel=1.0), usecase)) == {
        ("channel", "allowed"): "another value in 400 rows"
    }


def test_batches_and_merged_parts_say_the_same_as_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = put(put(training_set(), "amount", [7, 300], -1.0), "event_id", [399], "e00001")
    whole = judged(frame)
    monkeypatch.setattr(training_rows, "BATCH", 37)
    assert judged(frame).findings == whole.findings
    parts = [Profile.of(FRAUD, watches(FRAUD).values()) for _ in range(3)]
    for number, part in enumerate(parts):
        part.read(FrameRows(frame.iloc[number * 150 : (number + 1) * 150]), lambda _: None)
    first, *others = parts
    for part in others:
        first.merge(part)
    assert check_of(first) == check_of(whole.profile)


def check_of(profile: Profile) -> dict[str, object]:
    columns = profile.columns.values()
    return {
        "rows": (profile.rows, profile.positives, profile.negatives),
        "hits": sorted(profile.hits.hashes.tolist()),
        "rest": sorted(profile.rest.hashes.tolist()),
        "counts": [(it.present, it.finite, it.wrong, it.examples, it.minimum, it.maximum) for it in columns],
        "means": [(round(it.mean, 9), round(it.std, 9)) for it in columns],
        "distinct": [(it.distinct.count, it.distinct.extra_rows) for it in columns if it.distinct],
    }


def test_distinct_values_are_exact_up_to_the_bound_and_close_beyond_it() -> None:
    few, many = Distinct(most=10_000), Distinct(most=10_000)
    values = np.array([f"v{number}" for number in range(9_000)], dtype=object)
    few.add(values)
    few.add(values[:30])
    assert (few.exact, few.count, few.extra_rows) == (True, 9_000, 30)
    assert set(few.repeated) <= set(values[:30])
    for start in range(0, 300_000, 10_000):
        many.add(np.array([f"v{number}" for number in range(start, start + 10_000)], dtype=object))
        many.add(np.array([f"v{number}" for number in range(start, start + 1_000)], dtype=object))
    assert not many.exact
    assert many.count == pytest.approx(300_000, rel=0.05)
    assert many.share == pytest.approx(10 / 11, abs=0.01)


def test_the_report_is_one_page_with_everything_escaped(tmp_path: Path) -> None:
    frame = put(training_set(), "event_id", [1], "<script>x</script>")
    page = write_report(judged(put(frame, "amount", [1], -1.0)), tmp_path / "new")
    text = page.read_text()
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "Refused: 1 rule does not hold" in text
    assert "http" not in text.replace("http-equiv", "")
    document = json.loads((tmp_path / "new" / "quality.json").read_text())
    assert document["passed"] is False
    assert document["failed"][0]["examples"] == [{"event_id": "<script>x</script>", "value": "-1"}]
    amount = next(it for it in document["columns"] if it["name"] == "amount")
    assert sum(amount["histogram"]["rest"]) + sum(amount["histogram"]["label"]) == ROWS
    assert amount["verdict"] == "error"


def test_equal_sets_give_equal_reports(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_report(judged(training_set()), tmp_path / name)
    for name in ("quality.json", "quality.html"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
