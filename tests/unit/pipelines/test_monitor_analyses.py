"""What a package says its model was like is read from our own documents, from Clarify's, and from old evaluations."""

import json
from pathlib import Path
from typing import Any

import pytest

from headrace.drift import bias
from headrace.usecase import Facet
from pipelines.jobs.judging import clarify
from pipelines.monitoring.analyses import attributions, biases
from pipelines.monitoring.refusal import TableError

WOMEN, YOUNG = Facet(field="gender", values=("female",)), Facet(field="age", below=25)
FACETS = (WOMEN, YOUNG)
OURS = {"field": "gender", "condition": "in (female)", "metrics": {"DI": 1.0}, "intervals": {"DI": [0.9, 1.1]}}


def section(**values: Any) -> dict[str, Any]:
    """A section of Clarify's analysis about women."""
    metrics = [{"name": name, "description": name, "value": value} for name, value in values.items()]
    return {"label": "default", "facets": {"gender": [{"value_or_threshold": "female", "metrics": metrics}]}}


NATIVE = {
    "version": "1.0",
    "pre_training_bias_metrics": section(DPL=0.05, KL=None),
    "post_training_bias_metrics": section(DI="Infinity", RD=0.1),
}


def folder(at: Path, **documents: Any) -> Path:
    at.mkdir()
    for name, document in documents.items():
        (at / f"{name}.json").write_text(document if isinstance(document, str) else json.dumps(document))
    return at


def test_groups_are_those_of_the_packages_own_document_before_the_evaluations(tmp_path: Path) -> None:
    own = folder(tmp_path / "own", bias={"headrace": {"facets": [OURS]}})
    other = folder(tmp_path / "other", bias={"headrace": {"facets": [OURS | {"field": "age"}]}})
    assert biases(FACETS, own, other) == [OURS]
    assert biases(FACETS, tmp_path / "nowhere", other)[0]["field"] == "age"
    assert biases(FACETS, tmp_path / "nowhere") == []


def test_what_clarify_itself_wrote_is_read_and_known_by_the_facets(tmp_path: Path) -> None:
    (found,) = biases(FACETS, folder(tmp_path / "native", analysis=NATIVE))
    assert (found["field"], found["condition"]) == ("gender", "in (female)")
    assert found["metrics"] == {"DPL": 0.05, "DI": float("inf"), "RD": 0.1}
    assert found["intervals"]["RD"] == [0.1, 0.1]


@pytest.mark.parametrize(("now", "drifted"), [([0.05, 0.15], False), ([0.2, 0.3], True)])
def test_against_clarifys_single_value_a_metric_drifts_if_its_whole_interval_is_elsewhere(
    now: list[float], drifted: bool, tmp_path: Path
) -> None:
    before = biases(FACETS, folder(tmp_path / "native", analysis=NATIVE))
    middle = sum(now) / 2
    current = OURS | {
        "rows": {"advantaged": 900, "disadvantaged": 900}, "metrics": {"RD": middle}, "intervals": {"RD": now},
    }  # fmt: skip
    assert [it.metric for it in bias.drifted(before, [current])] == ["RD"] * drifted


def test_the_order_of_features_is_read_from_either_analysis_or_an_old_evaluation(tmp_path: Path) -> None:
    explained = {"base": -3.0, "features": [{"feature": "amount", "mean_absolute": 0.7, "mean_in_alarms": None}]}
    own = folder(tmp_path / "own", explanation=clarify.document(explained))
    native = folder(tmp_path / "native", analysis=clarify.document(explained))
    old = folder(tmp_path / "old", evaluation={"headrace": {"explanation": explained}})
    for it in (own, native, old):
        assert attributions(it, tmp_path / "nowhere") == {"amount": 0.7}
    assert attributions(tmp_path / "nowhere") == {}


def test_a_model_that_cannot_say_has_an_explanation_without_features(tmp_path: Path) -> None:
    silent = folder(tmp_path / "silent", explanation=clarify.document(None))
    assert attributions(silent, folder(tmp_path / "old", evaluation={"headrace": {"explanation": None}})) == {}


@pytest.mark.parametrize("torn", ["{", "[]"])
def test_a_document_that_cannot_be_read_is_named_with_the_fix(torn: str, tmp_path: Path) -> None:
    broken = folder(tmp_path / "broken", bias=torn, explanation=torn)
    with pytest.raises(TableError, match=r"bias\.json is no .*register the model anew"):
        biases(FACETS, broken)
    with pytest.raises(TableError, match=r"explanation\.json is no .*register the model anew"):
        attributions(broken)
