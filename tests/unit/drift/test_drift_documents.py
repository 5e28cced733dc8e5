"""Model Monitor's files: what is written is in its form, and what is read back judges as the data itself would."""

import json
from typing import Any

import numpy as np
import pytest

from headrace.drift import Summary, compare, documents, imported, summarize
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
