"""The model artifact: the scorer, ``headrace.json`` that says how to ask it, and the code that serves it."""

import json
import platform
import shutil
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import sklearn
import xgboost as xgb

from headrace.decisions import cheapest_threshold
from headrace.usecase import UseCase
from pipelines.jobs import algorithms, inference, served
from pipelines.jobs.algorithms import Scorer
from pipelines.jobs.judging import costs
from pipelines.jobs.judging.costs import Prices
from pipelines.jobs.metrics import Ranking
from pipelines.jobs.served import files, golden
from pipelines.jobs.training_set import TrainingSetError

ABOUT = "headrace.json"
JUDGED = "judged"
ARCHIVE = "model.tar.gz"
PACKAGES = (np, pd, pa, sklearn, xgb)


def choose_threshold(usecase: UseCase, validation: Ranking) -> dict[str, Any]:
    """The threshold of least cost on validation rows, its cost, its stability, and what other thresholds would cost.

    The test rows must stay untouched until they judge. Where validation rows do not hold both classes, as without
    labels, the threshold is where the highest band begins.
    """
    label = usecase.label
    priced = {"missed_cost": label.missed_cost, "false_alarm_cost": label.false_alarm_cost}
    positives = int(validation.labels.sum())
    if not 0 < positives < len(validation.labels):
        return {"score": usecase.decision.bands[-1].from_score, **priced, "chosen_on": "bands"}
    prices = Prices(**priced)
    score = cheapest_threshold(validation.labels.tolist(), validation.scores.tolist(), **priced)
    return {
        "score": score,
        **priced,
        "chosen_on": "validation",
        "validation_cost": validation.confusion(score).cost(**priced),
        "stability": costs.stability(validation, score, prices).document,
        "curve": costs.curve(validation, prices),
    }


def packages() -> dict[str, str]:
    """The versions that a model depends on."""
    return {"python": platform.python_version(), **{it.__name__: it.__version__ for it in PACKAGES}}


def write(folder: Path, scorers: Sequence[Scorer], about: Mapping[str, Any], rows: np.ndarray) -> None:
    """Write the artifact's parts into the model directory.

    Args:
        folder: created if needed.
        scorers: the model that is served and, if it is another one, the model that is judged in its place because the
            served one has learned the rows that judge.
        about: what ``headrace.json`` says.
        rows: features, shape (n, features), NaN where missing; golden requests are chosen among them.
    """
    jobs = Path(inference.__file__).parent
    travels = [jobs.parent / "__init__.py", jobs / "__init__.py"]
    for package in (algorithms, served):
        travels += sorted(Path(package.__path__[0]).glob("*.py"))
    code = folder / "code"
    code.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder / JUDGED, ignore_errors=True)  # that of a model that was here before
    for scorer, place in zip(scorers, (folder, folder / JUDGED), strict=False):
        place.mkdir(exist_ok=True)
        files.save(scorer, place)
        (place / ABOUT).write_text(json.dumps(about, indent=1))
    shutil.copyfile(inference.__file__, code / "inference.py")
    for source in travels:
        target = code / source.relative_to(jobs.parents[1])
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    (folder / golden.FILE).unlink(missing_ok=True)  # those of a model that was here before
    golden.record(folder, rows, inference.model_fn(str(folder)).scores)


def judged(folder: Path) -> Path:
    """Where the model lies that may be judged by rows which the served one has learned: the same, if it has not."""
    return folder / JUDGED if (folder / JUDGED).is_dir() else folder


def read_about(folder: Path) -> dict[str, Any]:
    """What ``headrace.json`` of an unpacked artifact says."""
    about: dict[str, Any] = json.loads((folder / ABOUT).read_text())
    return about


def held(folder: Path | None) -> bool:
    """Whether a folder holds an artifact, packed or not."""
    return folder is not None and any((folder / name).is_file() for name in (ABOUT, ARCHIVE))


def unpack(folder: Path, into: Path) -> Path:
    """Unpack ``model.tar.gz`` as SageMaker hands it to a job, and return the folder of the artifact.

    A folder that already holds ``headrace.json`` is returned as it is.

    Raises:
        TrainingSetError: if neither is there.
    """
    if (folder / ABOUT).is_file():
        return folder
    archive = folder / ARCHIVE
    if not archive.is_file():
        raise TrainingSetError(f"{folder} holds neither {ABOUT} nor {ARCHIVE}: give the output of train")
    with tarfile.open(archive) as source:
        source.extractall(into, filter="data")
    return into
