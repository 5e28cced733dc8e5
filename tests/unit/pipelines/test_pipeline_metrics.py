"""The figures that SageMaker reads off a training job's log, and what the job prints."""

import re
from typing import Any

from job_runs import Trained


def test_training_prints_what_the_pipelines_metric_definitions_match(
    trained: Trained, rendered: dict[str, Any]
) -> None:
    definitions = rendered["Steps"][1]["Arguments"]["AlgorithmSpecification"]["MetricDefinitions"]
    last = {it["Name"]: float(re.findall(it["Regex"], trained.training_log)[-1]) for it in definitions}
    figures = trained.about["metrics"]
    assert last == {
        "train:average_precision": figures["train"]["average_precision"],
        "validation:average_precision": figures["validation"]["average_precision"],
        "validation:auc": figures["validation"]["auc"],
    }
