"""After a rollout, answers of the model before are still in capture; the new model is not judged by them."""

import json
from pathlib import Path

import numpy as np
import pytest

from pipelines.monitoring.answers import Names, answers
from pipelines.monitoring.quality import version_of
from pipelines.monitoring.sample import sampled
from pipelines.monitoring.truth import Labelled, model_quality

ROWS = 2_000


def line(name: str, score: float, version: str) -> str:
    asked = json.dumps({"instances": [{"a": 1.0}], "ids": [name]})
    answered = json.dumps({"predictions": [{"score": score}], "model_version": version})
    sides = {
        side: {"mode": "x", "data": data, "encoding": "JSON"}
        for side, data in (("endpointInput", asked), ("endpointOutput", answered))
    }
    return json.dumps(
        {"captureData": sides, "eventMetadata": {"eventId": name, "inferenceTime": "2026-01-01T00:00:00Z"}}
    )


@pytest.fixture
def places(tmp_path: Path) -> Path:
    """The new model is as good as it was evaluated; the old one answered at random."""
    rng = np.random.default_rng(3)
    label = rng.random(ROWS) < 0.1
    scores = {"new": np.where(label, 0.8, 0.2) + rng.normal(0, 0.05, ROWS), "old": rng.random(ROWS)}
    (tmp_path / "baseline").mkdir()
    for folder, versions in (("both", ("new", "old")), ("before", ("old",))):
        (tmp_path / folder).mkdir()
        lines = [
            line(f"{version}{row}", float(scores[version][row]), version) for version in versions for row in range(ROWS)
        ]
        (tmp_path / folder / "capture.jsonl").write_text("\n".join(lines))
    table = [f"{version}{row},{int(label[row])}" for version in scores for row in range(ROWS)]
    (tmp_path / "labels.csv").write_text("\n".join(["event_id,label", *table]))
    figure = {"value": 0.99, "standard_deviation": 0.01}
    evaluation = {
        "binary_classification_metrics": {"auc": figure, "average_precision": figure},
        "headrace": {"rows": ROWS, "positives": 200, "threshold": 0.5, "model_version": "new"},
    }
    (tmp_path / "baseline" / "evaluation.json").write_text(json.dumps(evaluation))
    return tmp_path


def verdict(places: Path, folder: str, version: str) -> tuple[str, int]:
    labelled = Labelled(labels=places / "labels.csv", names=Names(), version=version)
    found = model_quality(places / "baseline", places / folder, labelled)
    return found.verdict.status, found.current.rows


def test_only_the_answers_of_the_judged_model_count(places: Path) -> None:
    assert verdict(places, "both", version_of(places / "baseline")) == ("HEALTHY", ROWS)
    assert verdict(places, "both", "") == ("DEGRADED", 2 * ROWS)


def test_without_answers_of_its_own_a_model_is_not_judged(places: Path) -> None:
    assert verdict(places, "before", "new") == ("UNKNOWN", 0)


def test_answers_of_other_models_are_counted(places: Path) -> None:
    found = answers(places / "both", Names(), version="new")
    assert found is not None
    assert (len(found.ids), found.foreign) == (ROWS, ROWS)


def test_bias_can_be_measured_on_the_model_s_own_answers(places: Path) -> None:
    rows = sampled(places / "both", ("a",), version="new")
    assert rows is not None
    assert {name[:3] for name in rows.ids} == {"new"}
    assert sampled(places / "before", ("a",), version="new") is None


def test_an_evaluation_may_not_name_its_model(tmp_path: Path) -> None:
    assert not version_of(tmp_path)
