"""The model artifact: trees, ``headrace.json`` that says how to ask them, and the code that serves them."""

import json
import platform
import shutil
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import xgboost as xgb

from headrace.decisions import cheapest_threshold
from headrace.usecase import UseCase
from pipelines.jobs import inference
from pipelines.jobs.boosting import Progress, Rows
from pipelines.jobs.hyperparameters import Hyperparameters
from pipelines.jobs.metrics import Ranking
from pipelines.jobs.training_set import TrainingSetError


def describe(
    *,
    usecase: UseCase,
    chosen: Hyperparameters,
    model_version: str,
    fitted: Progress,
    train: Rows,
    validation: Rows,
) -> dict[str, Any]:
    """What ``headrace.json`` holds: order, bands and version to serve with, and how the model came to be.

    The threshold of least cost is chosen on the validation rows; the test rows must stay untouched until they judge.
    """
    costs = {"missed_cost": usecase.label.missed_cost, "false_alarm_cost": usecase.label.false_alarm_cost}
    ranking = {name: _rank(fitted, rows) for name, rows in (("train", train), ("validation", validation))}
    judged = ranking["validation"]
    threshold = cheapest_threshold(judged.labels.tolist(), judged.scores.tolist(), **costs)
    return {
        "usecase": usecase.name,
        "model_version": model_version,
        "features": list(usecase.feature_names),
        "bands": [{"decision": band.decision, "from_score": band.from_score} for band in usecase.decision.bands],
        "threshold": {"score": threshold, **costs, "validation_cost": judged.confusion(threshold).cost(**costs)},
        "best_iteration": fitted.best,
        "rounds": len(fitted.history),
        "metrics": {name: it.figures(threshold) for name, it in ranking.items()},
        "hyperparameters": dict(chosen),
        "packages": {
            "python": platform.python_version(),
            **{package.__name__: package.__version__ for package in (np, pd, pa, xgb)},
        },
    }


def write(folder: Path, booster: xgb.Booster, about: Mapping[str, Any]) -> None:
    """Write the artifact's three parts into the model directory."""
    (folder / "code").mkdir(parents=True, exist_ok=True)
    booster.save_model(folder / "model.ubj")
    (folder / "headrace.json").write_text(json.dumps(about, indent=1))
    shutil.copyfile(inference.__file__, folder / "code" / "inference.py")


def unpack(folder: Path, into: Path) -> Path:
    """Unpack ``model.tar.gz`` as SageMaker hands it to a job, and return the folder of the artifact.

    A folder that already holds ``headrace.json`` is returned as it is.

    Raises:
        TrainingSetError: if neither is there.
    """
    if (folder / "headrace.json").is_file():
        return folder
    archive = folder / "model.tar.gz"
    if not archive.is_file():
        raise TrainingSetError(f"{folder} holds neither headrace.json nor model.tar.gz: give the output of train")
    with tarfile.open(archive) as source:
        source.extractall(into, filter="data")
    return into


def _rank(fitted: Progress, rows: Rows) -> Ranking:
    return Ranking.of(rows.labels, fitted.booster.inplace_predict(rows.features, missing=np.nan))
