"""Model Monitor's files: what is written is in its form, and what is read back judges as the data itself would."""

import base64
import json
from typing import Any

import numpy as np
import pytest

from headrace.drift import Summary, capture, compare, documents, imported, summarize
from headrace.drift.settings import Settings
from headrace.errors import RejectedError

ROWS = 30_000


def table(seed: int, factor: float = 1.0) -> Summary:
    rng = np.random.default_rng(seed)
    return summarize(
        {
            "amount": rng.gamma(2, 30, ROWS) * factor,
            "count": np.where(rng.random(ROWS) < 0.02, np.nan, rng.poisson(4, ROWS)),
            "channel": rng.choice(np.array(["chip", "online"], dtype=object), ROWS, p=[0.7, 0.3]),
            "shop": np.array([f"s{it}" for it in rng.zipf(1.5, ROWS) % 9_000], dtype=object),
            "id": np.arange(ROWS),
            "nothing": np.full(ROWS, np.nan),
        }
    )


def written(summary: Summary) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both files as they are after a trip through JSON that knows no NaN."""
    first, second = (
        json.loads(json.dumps(it, allow_nan=False))
        for it in (documents.statistics(summary), documents.constraints(summary))
    )
    return first, second


def test_both_files_have_exactly_model_monitors_fields() -> None:
    statistics, constraints = written(table(1))
    assert statistics.keys() == {"version", "dataset", "features"}
    amount, _, channel = statistics["features"][:3]
    assert amount.keys() == {"name", "inferred_type", "numerical_statistics"}
    numbers = amount["numerical_statistics"]
    assert numbers.keys() == {"common", "mean", "sum", "std_dev", "min", "max", "distribution"}
    assert numbers["distribution"]["kll"].keys() == {"buckets", "sketch"}
    assert numbers["distribution"]["kll"]["sketch"].keys() == {"parameters", "data"}
    assert channel["string_statistics"].keys() == {"common", "distinct_count", "distribution"}
    assert constraints.keys() == {"version", "features", "monitoring_config"}
    rules = {it["name"]: it for it in constraints["features"]}
    assert rules["amount"]["num_constraints"] == {"is_non_negative": True}
    assert rules["channel"]["string_constraints"] == {"domains": ["chip", "online"]}
    disabled = {"distribution_constraints": {"perform_comparison": "Disabled"}}
    assert rules["id"]["monitoringConfigOverrides"] == disabled
    assert "monitoringConfigOverrides" not in rules["nothing"]


def test_buckets_hold_what_lies_in_them() -> None:
    values = np.random.default_rng(1).gamma(2, 30, ROWS)
    statistics = documents.statistics(summarize({"a": values}))
    buckets = statistics["features"][0]["numerical_statistics"]["distribution"]["kll"]["buckets"]
    edges = [buckets[0]["lower_bound"], *(it["upper_bound"] for it in buckets)]
    assert np.allclose([it["count"] for it in buckets], np.histogram(values, edges)[0], atol=ROWS / 500)


def test_a_baseline_read_back_judges_as_the_data_would() -> None:
    statistics, constraints = written(table(1))
    for current in (table(2), table(3, factor=1.1)):
        direct = compare(table(1), current)
        back = imported.read(statistics, constraints, Settings())
        through = compare(back.summary, current, back.settings, demanded=back.rules)
        assert through.drifted == direct.drifted
        assert [it.check for it in through.violations] == [it.check for it in direct.violations]
        for name in ("amount", "count", "channel"):
            assert through.columns[name].distance == pytest.approx(direct.columns[name].distance, abs=1e-3)


def test_model_monitors_thresholds_miss_a_tenth_and_count_only_on_request() -> None:
    statistics, constraints = written(table(1))
    current = table(2, factor=1.1)
    native = imported.read(statistics, constraints, Settings(), thresholds=True)
    found = compare(native.summary, current, native.settings, demanded=native.rules)
    assert found.violations == ()
    assert found.columns["amount"].measure == "linf_robust"
    assert found.columns["amount"].threshold == 0.1
    assert compare(native.summary, table(2, factor=2.0), native.settings, demanded=native.rules).drifted == ("amount",)


def test_thresholds_of_the_file_are_honoured_one_by_one() -> None:
    statistics, constraints = written(table(1))
    constraints["monitoring_config"]["distribution_constraints"] |= {
        "comparison_method": "Simple", "comparison_threshold": 0.03, "categorical_drift_method": "ChiSquared",
        "categorical_comparison_threshold": 0.001,
    }  # fmt: skip
    rules = {it["name"]: it for it in constraints["features"]}
    rules["count"]["completeness"] = 1.0
    rules["channel"]["monitoringConfigOverrides"] = {"evaluate_constraints": "Disabled"}
    native = imported.read(statistics, constraints, Settings(), thresholds=True)
    found = compare(native.summary, table(2, factor=1.1), native.settings, demanded=native.rules)
    assert {(it.feature_name, it.check) for it in found.violations} == {
        ("amount", "baseline_drift_check"),
        ("count", "completeness_check"),
    }
    assert found.columns["amount"].threshold == 0.03
    assert not found.columns["channel"].judged


def test_statistics_alone_are_a_baseline() -> None:
    back = imported.read(written(table(1))[0], None, Settings())
    assert compare(back.summary, table(2), demanded=back.rules).violations == ()


def test_frequent_texts_of_a_file_stand_against_all_others() -> None:
    statistics, _ = written(table(1))
    shop = next(it for it in statistics["features"] if it["name"] == "shop")["string_statistics"]
    buckets = shop["distribution"]["categorical"]["buckets"]
    buckets.sort(key=lambda it: -it["count"])
    del buckets[20:]
    back = imported.read(statistics, None, Settings())
    found = compare(back.summary, table(2), demanded=back.rules).columns["shop"]
    assert found.pair is not None
    assert found.pair.names[-1] == "(other)"
    assert found.distance < 0.02


@pytest.mark.parametrize("broken", [{}, {"dataset": {"item_count": 1}, "features": [{"name": "a"}]}, {"features": 3}])
def test_a_file_that_is_something_else_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(RejectedError, match="not as Model Monitor writes it"):
        imported.read(broken, None, Settings())


def test_violations_are_in_model_monitors_words() -> None:
    found = documents.violations(compare(table(1), table(2, factor=1.5)))
    (only,) = found["violations"]
    assert only.keys() == {"feature_name", "constraint_check_type", "description"}
    assert only["constraint_check_type"] == "baseline_drift_check"
    assert only["description"].startswith("Baseline drift distance: 0.")
    assert "exceeds threshold: 0.02" in only["description"]
    assert documents.violations(compare(table(1), table(2))) == {"violations": []}


def line(request: Any, answer: Any, encodings: tuple[str, str] = ("JSON", "JSON")) -> dict[str, Any]:
    sides = []
    for it, encoding in zip((request, answer), encodings, strict=True):
        text = it if isinstance(it, str) else json.dumps(it)
        sides.append(base64.b64encode(text.encode()).decode() if encoding == "BASE64" else text)
    return {
        "captureData": {
            "endpointInput": {
                "observedContentType": "x", "mode": "INPUT", "data": sides[0], "encoding": encodings[0],
            },
            "endpointOutput": {
                "observedContentType": "x", "mode": "OUTPUT", "data": sides[1], "encoding": encodings[1],
            },
        },
        "eventMetadata": {"eventId": "e", "inferenceId": "i-1", "inferenceTime": "2026-01-01T00:00:00Z"},
        "eventVersion": "0",
    }  # fmt: skip


@pytest.mark.parametrize("encoding", ["JSON", "BASE64"])
def test_our_own_capture_is_one_row_per_instance(encoding: str) -> None:
    request = {"instances": [{"a": 1.5, "b": None}, {"a": 2, "b": 3}], "explain": 0}
    answer = {"predictions": [{"score": 0.1, "decision": "OK"}, {"score": 0.9, "decision": "BLOCK"}]}
    found = list(capture.rows(line(request, answer, (encoding, encoding))))
    assert [it.columns for it in found] == [
        {"score": 0.1, "decision": "OK", "a": 1.5, "b": None},
        {"score": 0.9, "decision": "BLOCK", "a": 2, "b": 3},
    ]
    assert [(it.inference_id, it.single) for it in found] == [("i-1", False)] * 2


@pytest.mark.parametrize("encoding", ["JSON", "BASE64"])
def test_rows_that_were_asked_together_keep_their_own_ids(encoding: str) -> None:
    answer = {"predictions": [{"score": 0.1}, {"score": 0.9}]}
    found = list(capture.rows(line({"instances": [{"a": 1}, {"a": 2}], "ids": ["x", "y"]}, answer, (encoding,) * 2)))
    assert [(it.inference_id, it.single, it.columns) for it in found] == [
        ("x", True, {"score": 0.1, "a": 1}),
        ("y", True, {"score": 0.9, "a": 2}),
    ]


@pytest.mark.parametrize("ids", [["x"], ["x", 2], "xy", {"x": 1, "y": 2}, None, ["x", "y", "z"]])
def test_ids_that_are_not_one_per_row_name_nobody(ids: object) -> None:
    answer = {"predictions": [{"score": 0.1}, {"score": 0.9}]}
    found = list(capture.rows(line({"instances": [{"a": 1}, {"a": 2}], "ids": ids}, answer)))
    assert [(it.inference_id, it.single) for it in found] == [("i-1", False)] * 2


def test_a_request_that_only_speaks_of_ids_is_read_as_before() -> None:
    found = list(capture.rows(line('"ids",7', "0.5", ("CSV", "CSV"))))
    assert [(it.inference_id, it.single, it.columns) for it in found] == [
        ("i-1", True, {"_c0": 0.5, "_c1": "ids", "_c2": 7.0})
    ]


@pytest.mark.parametrize(
    ("request_", "answer", "encodings", "expected"),
    [
        ("1,2.5,red\n", "0.7", ("CSV", "CSV"), [{"_c0": 0.7, "_c1": 1.0, "_c2": 2.5, "_c3": "red"}]),
        ("1\n,\n", "7\n2", ("CSV", "BASE64"), [{"_c0": 7, "_c1": 1}, {"_c0": 2, "_c1": None, "_c2": None}]),
        ({"a": {"b": 1}, "c": [1, 2]}, "0.5", ("JSON", "CSV"), [{"_c0": 0.5, "a.b": 1, "c": "[1, 2]"}]),
        ([[1], [3]], [[0.1], [0.2]], ("JSON", "JSON"), [{"_c0": 0.1, "_c1": 1}, {"_c0": 0.2, "_c1": 3}]),
        ('{"a": 1}\n{"a": 2}', "0.1\n0.2", ("JSON", "CSV"), [{"_c0": 0.1, "a": 1}, {"_c0": 0.2, "a": 2}]),
        ({"features": {"a": 1}}, {"score": 1}, ("JSON", "JSON"), [{"score": 1, "a": 1}]),
    ],
)  # fmt: skip
def test_native_capture_of_any_encoding_is_read(
    request_: Any, answer: Any, encodings: tuple[str, str], expected: list[dict[str, Any]]
) -> None:
    assert [it.columns for it in capture.rows(line(request_, answer, encodings))] == expected


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (line("{", "1"), "no JSON"),
        (line("1\n2", "0.1", ("CSV", "CSV")), "2 requests and 1 answers"),
        (line("1", "1", ("XML", "CSV")), "unknown encoding"),
        ({"captureData": {"endpointInput": {"data": 3}}}, "no data"),
        ({"captureData": {"endpointInput": {"data": "!", "encoding": "BASE64"}}}, "no text"),
    ],
)
def test_a_line_that_cannot_be_read_says_why(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(RejectedError, match=words):
        list(capture.rows(wrong))


def test_a_capture_is_told_from_any_other_line() -> None:
    assert capture.is_capture(line("1", "1", ("CSV", "CSV")))
    assert not capture.is_capture({"captureData": 3})
    assert not capture.is_capture({"a": 1})


def test_a_baseline_without_a_sketch_has_no_distribution_to_compare() -> None:
    statistics, constraints = written(table(1))
    del statistics["features"][0]["numerical_statistics"]["distribution"]["kll"]["sketch"]
    back = imported.read(statistics, constraints, Settings())
    verdict = compare(back.summary, table(2, factor=9.0), back.settings, demanded=back.rules)
    assert verdict.violations == ()
    assert verdict.columns["amount"].words == ("Not compared: no values of the baseline's type.",)


def test_a_type_that_nobody_knows_is_refused() -> None:
    statistics, constraints = written(table(1))
    constraints["features"][0]["inferred_type"] = "Complex"
    with pytest.raises(RejectedError, match="'Complex' is none of Integral"):
        imported.read(statistics, constraints, Settings())
