"""The baseline of a use case whose monitor has a season tells its days apart, and the monitor reads those it needs."""

import json
from dataclasses import replace
from pathlib import Path

from job_runs import Trained

from headrace.drift import Settings, seasonal
from headrace.usecase import Monitor, UseCase
from pipelines.jobs import baseline
from pipelines.monitoring import baselines
from pipelines.monitoring.counting import Seasons


def test_every_day_of_the_week_has_a_baseline_of_its_own_where_the_monitor_has_that_season(
    trained: Trained, fraud: UseCase, tmp_path: Path
) -> None:
    usecase = replace(fraud, monitor=Monitor(season="day_of_week"))
    splits = trained.splits / "train", trained.splits / "test"
    found = baseline.baseline(usecase, trained.model, *splits)
    features, scores = found[seasonal.DOCUMENT]["parts"]
    assert set(features["slots"]) == {str(it) for it in range(7)}
    assert set(scores["slots"]) <= set(features["slots"])
    assert seasonal.DOCUMENT not in baseline.baseline(fraud, trained.model, *splits)
    for name, document in found.items():
        (tmp_path / name).write_text(json.dumps(document))

    def rows(*days: int) -> int:
        seasons = Seasons(season="day_of_week")
        held = baselines.read(tmp_path, Settings(), seasons=seasons, slots=frozenset(days))
        assert set(held.summary.columns) == {*fraud.feature_names, "score"}
        return held.summary.rows

    whole = found["statistics.json"]["dataset"]["item_count"]
    assert sum(rows(day) for day in range(7)) == rows(*range(7)) == whole
    assert 0 < rows(0, 1) < whole
