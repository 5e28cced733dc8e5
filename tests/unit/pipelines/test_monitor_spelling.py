"""A text that a model is asked as a position is watched as the text that it stands for."""

import json
from pathlib import Path

import numpy as np
import pytest

import usecases
from headrace.drift import documents, summarize
from pipelines.jobs import baseline, monitor
from pipelines.monitoring import shards
from pipelines.monitoring.run import Run
from pipelines.monitoring.spelling import text_of, texts_of

SHOP = usecases.load("shop")
CATEGORIES = texts_of(SHOP)["category"]
USUAL, MOVED = (0.3, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1), (0.1, 0.2, 0.1, 0.1, 0.1, 0.1, 0.3)


def rows(shares: tuple[float, ...], seed: int, many: int = 3_000) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    columns = {name: rng.gamma(2.0, 1.0, many).round(3) for name in SHOP.feature_names}
    return columns | {"category": rng.choice(len(shares), many, p=shares).astype(float)}


@pytest.fixture
def places(tmp_path: Path) -> monitor.Places:
    """A baseline as training leaves it; what was captured is yet to come."""
    columns = rows(USUAL, seed=1)
    columns["category"] = baseline.named(columns["category"], CATEGORIES)
    found = summarize(columns)
    (tmp_path / "baseline").mkdir()
    for name, document in {
        documents.STATISTICS: documents.statistics(found),
        documents.CONSTRAINTS: documents.constraints(found),
    }.items():
        (tmp_path / "baseline" / name).write_text(json.dumps(document))
    nothing = dict.fromkeys(("evaluation", "truth", "model"), tmp_path / "nothing")
    return monitor.Places(baseline=tmp_path / "baseline", capture=tmp_path / "capture", **nothing)


def capture(places: monitor.Places, columns: dict[str, np.ndarray]) -> None:
    """One call a row, in positions, as the endpoint captures it."""
    places.capture.mkdir()
    lines = []
    for row in range(len(columns["category"])):
        asked = json.dumps({"instances": [{name: float(it[row]) for name, it in columns.items()}]})
        side = {"mode": "INPUT", "data": asked, "encoding": "JSON"}
        about = {"inferenceId": f"e{row}", "inferenceTime": "2026-01-01T00:00:00Z"}
        lines.append(json.dumps({"captureData": {"endpointInput": side}, "eventMetadata": about}))
    (places.capture / "hour.jsonl").write_text("\n".join(lines))


def judged(places: monitor.Places) -> Run:
    return monitor.monitor(SHOP, places, "data_quality")


def test_positions_of_a_usual_day_violate_nothing(places: monitor.Places) -> None:
    capture(places, rows(USUAL, seed=2))
    assert judged(places).violations == []


def test_a_category_that_came_more_often_is_called_by_its_name(places: monitor.Places) -> None:
    capture(places, rows(MOVED, seed=2))
    run = judged(places)
    (violation,) = run.violations
    assert (violation["feature_name"], violation["constraint_check_type"]) == ("category", "baseline_drift_check")
    assert {it.value for it in run.rows_to_look_at["category"]} == {"toys"}


def test_machines_that_count_a_share_each_find_the_same(places: monitor.Places, tmp_path: Path) -> None:
    capture(places, rows(USUAL, seed=2))
    shards.leave(shards.share(places.capture, texts=texts_of(SHOP)), tmp_path / "parts", "algo-1")
    parted = monitor.Places(**{**vars(places), "capture": tmp_path / "parts"})
    assert judged(parted).violations == []


@pytest.mark.parametrize("value", ["books", None, True, 0.5, 7.0, -1.0, float("nan")])
def test_what_is_no_position_stays_as_it_is(value: object) -> None:
    assert text_of(value, CATEGORIES) is value
