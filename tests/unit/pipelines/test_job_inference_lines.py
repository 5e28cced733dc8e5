"""Lines of JSON in, lines of JSON out: what batch transform splits and joins."""

import json
from typing import Any

import pandas as pd
import pytest
from job_runs import Trained

from headrace.usecase import UseCase
from pipelines.jobs import inference

LINES = "application/jsonlines"


@pytest.fixture(scope="session")
def rows(trained: Trained, fraud: UseCase) -> list[dict[str, Any]]:
    table = pd.read_parquet(trained.splits / "test").head(20)[list(fraud.feature_names)]
    return json.loads(table.to_json(orient="records"))


def test_each_line_has_the_answer_that_it_would_get_alone(trained: Trained, rows: list[dict[str, Any]]) -> None:
    model = inference.model_fn(str(trained.model))
    body = "\n\n".join(json.dumps({"customer": f"c{number}", **row}) for number, row in enumerate(rows))
    text, content_type = inference.output_fn(
        inference.predict_fn(inference.input_fn(body.encode(), f"{LINES}; charset=utf-8"), model), LINES
    )
    assert content_type == LINES
    answers = [json.loads(line) for line in text.splitlines()]
    alone = inference.predict_fn(inference.input_fn(json.dumps({"instances": rows}), "application/json"), model)
    assert [it["score"] for it in answers] == alone.scores.tolist()
    assert {it["model_version"] for it in answers} == {alone.version}
    assert all(it["decision"] for it in answers)


@pytest.mark.parametrize(
    ("body", "reason"),
    [("\n \n", "no line"), ("{}\n[1]", "line 2 is not an object"), ('{}\n\n{"a": NaN}', "line 3: NaN is not JSON")],
)
def test_lines_that_are_no_instances_are_refused_by_number(body: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        inference.input_fn(body, LINES)
