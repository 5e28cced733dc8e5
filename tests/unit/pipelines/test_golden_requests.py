"""Golden requests: an artifact that answers them otherwise than when it was made does not load."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from job_runs import Trained

from pipelines.jobs import inference
from pipelines.jobs.served import golden


@pytest.fixture
def artifact(trained: Trained, tmp_path: Path) -> Path:
    """A copy of the session's artifact, to spoil."""
    return Path(shutil.copytree(trained.model, tmp_path / "artifact"))


def test_an_artifact_carries_requests_from_the_lowest_score_to_the_highest(trained: Trained) -> None:
    document = json.loads((trained.model / golden.FILE).read_text())
    assert len(document["rows"]) == len(document["scores"]) == golden.ROWS

    assert max(document["scores"]) > 10 * min(document["scores"])
    assert len(document["rows"][0]) == len(trained.about["features"])


def test_the_model_that_was_made_loads(artifact: Path) -> None:
    model = inference.model_fn(str(artifact))
    document = json.loads((artifact / golden.FILE).read_text())
    rows = np.array(document["rows"], dtype=np.float32)
    assert model.scores(rows) == pytest.approx(document["scores"], abs=1e-7)


@pytest.mark.parametrize("by", [1e-3, float("nan")])
def test_a_model_that_answers_otherwise_does_not_load_and_says_which_request(artifact: Path, by: float) -> None:
    path = artifact / golden.FILE
    document = json.loads(path.read_text())
    document["scores"][3] += by
    path.write_text(json.dumps(document))
    with pytest.raises(ValueError, match="golden request 3 is answered with"):
        inference.model_fn(str(artifact))


def test_a_model_with_other_columns_than_it_learned_from_does_not_load(artifact: Path) -> None:
    about = json.loads((artifact / "headrace.json").read_text())
    about["features"] = about["features"][::-1]
    about["odds"] = 50
    (artifact / "headrace.json").write_text(json.dumps(about))
    with pytest.raises(ValueError, match="golden request"):
        inference.model_fn(str(artifact))


def test_differences_that_processors_make_are_no_differences(tmp_path: Path) -> None:
    rows = np.array([[1.0, np.nan], [2.0, 5.0]], dtype=np.float32)
    golden.record(tmp_path, rows, lambda rows: rows[:, 0] / 4)
    golden.require(tmp_path, lambda rows: rows[:, 0] / 4 + golden.TOLERANCE / 2)
    assert json.loads((tmp_path / golden.FILE).read_text())["rows"] == [[1.0, None], [2.0, 5.0]]


def test_an_artifact_of_earlier_days_has_none_and_loads(artifact: Path) -> None:
    (artifact / golden.FILE).unlink()
    assert inference.model_fn(str(artifact)).features


@pytest.mark.parametrize("count", [1, 5, golden.ROWS, 400])
def test_rows_are_chosen_by_their_scores_and_none_twice(count: int) -> None:
    scores = np.random.default_rng(count).permutation(count).astype(np.float64)
    chosen = golden.choose(np.zeros((count, 2), dtype=np.float32), scores)
    assert len(chosen) == min(count, golden.ROWS)
    assert {scores[chosen].min(), scores[chosen].max()} == {0.0, count - 1.0}
