"""What every machine of a training does: read its rows, prepare them, fit the judged model and then the served one.

One machine alone reads all rows. Several train together: each reads a share of the rows to learn and all validation
rows, counts are those of all shares, and what is kept to tell how good the model is comes from all of them.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc

from headrace.schema import format_timestamp
from headrace.usecase import UseCase
from headrace.usecase.algorithms import Value
from pipelines.jobs import fitted, preparing, training_set
from pipelines.jobs.algorithms import Rows, Scorer
from pipelines.jobs.fitted import Fitted
from pipelines.jobs.hyperparameters import fingerprint, positive_weight
from pipelines.jobs.judging import audit
from pipelines.jobs.learning import Learner, Report
from pipelines.jobs.resampling import Resampler
from pipelines.jobs.together import Group
from pipelines.jobs.training_set import LABEL, TIMESTAMP, TrainingSetError

_ALONE = Group()


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where the job reads its splits, writes the artifact, and keeps checkpoints."""

    train: Path
    validation: Path
    all: Path
    model: Path
    checkpoint: Path


@dataclass(frozen=True, kw_only=True)
class Course:
    """What a training has come to, and the rows that tell how good the judged model is.

    ``scorers`` holds the served model and, if it is another one, the judged one. ``known`` and ``held_out`` are
    training and validation rows of prepared columns, ``raw`` and ``judged`` rows of features; of training rows there
    are as many as count, from all machines. ``data`` says what each split holds.
    """

    fitted: Fitted
    scorers: tuple[Scorer, ...]
    known: Rows
    held_out: Rows
    raw: Rows
    judged: Rows
    data: dict[str, dict[str, Any]]


def run(usecase: UseCase, chosen: dict[str, Value], places: Places, group: Group, report: Report) -> Course:
    """Fit the model that is judged and, unless ``refit`` is 0, the one that is served.

    Args:
        usecase: names features, transforms, weights and resampling.
        chosen: every hyperparameter.
        places: where to read, and where checkpoints are.
        group: the machines that train together.
        report: told every round.

    Raises:
        TrainingSetError: if a split lacks columns or a class.
        HyperparameterError: if the class weight is unusable.
    """
    learned, judged = rows(usecase, places.train, group), rows(usecase, places.validation)
    # A share is every so many-th row: the first one is enough to know means and quantiles.
    columns = group.first(lambda: preparing.learn(usecase, learned.features))
    resampler, learner = _learner(usecase, chosen, learned.labels, places=places, group=group, report=report)
    ready = Rows(features=columns.apply(learned.features), labels=learned.labels)
    held_out = Rows(features=columns.apply(judged.features), labels=judged.labels)
    seed = int(chosen.get("seed", 0))
    sampled = resampler.apply(ready, seed)
    found = Fitted(columns=columns, odds=learner.weight * resampler.odds, learned=learner.learn(sampled, held_out))
    scorers: tuple[Scorer, ...] = (found.learned.scorer,)
    data = {"train": span(usecase, places.train, group), "validation": span(usecase, places.validation)}
    known, raw = _spread(group, ready, fitted.MOST_ROWS), _spread(group, learned, audit.MOST_ROWS)
    if chosen["refit"]:
        every = rows(usecase, places.all, group)
        ready = Rows(features=columns.apply(every.features), labels=every.labels)
        scorers = (learner.again(found.learned, resampler.apply(ready, seed)), *scorers)
        data["all"] = span(usecase, places.all, group)
    return Course(fitted=found, scorers=scorers, known=known, held_out=held_out, raw=raw, judged=judged, data=data)


def _learner(
    usecase: UseCase, chosen: dict[str, Value], labels: np.ndarray, *, places: Places, group: Group, report: Report
) -> tuple[Resampler, Learner]:
    model = usecase.model
    negatives, positives = group.total(np.array([np.sum(labels == label) for label in (0, 1)])).tolist()
    present = negatives / max(1, positives)
    learner = Learner(
        algorithm=model.algorithm,
        chosen=chosen,
        weight=1.0 if model.unsupervised else positive_weight(chosen, present),
        # Candidates of a search may share the folder, and trees of other hyperparameters are no place to go on from.
        checkpoint=places.checkpoint / fingerprint(chosen),
        report=report,
        group=group,
    )
    return Resampler.of(model.resampling, present), learner


def rows(usecase: UseCase, folder: Path, group: Group = _ALONE) -> Rows:
    """Read one split, or this machine's share of it, as the learner wants it.

    Raises:
        TrainingSetError: if a column is missing, or only one class is there and the algorithm needs both.
    """
    features, labels = training_set.read_rows(folder, usecase)
    positives, total = group.total(np.array([labels.sum(), len(labels)], dtype=np.int64)).tolist()
    if not usecase.model.unsupervised and not 0 < positives < total:
        raise TrainingSetError(f"{folder.name} has one class only ({total} rows): cut the splits by preprocess")
    return Rows(features=features, labels=labels)


def span(usecase: UseCase, folder: Path, group: Group = _ALONE) -> dict[str, Any]:
    """How many rows and positives a split has, and from when to when; of all machines' shares together."""
    table = training_set.read(folder, usecase, (TIMESTAMP, LABEL))
    times = pc.min_max(table.column(TIMESTAMP)).as_py()
    counts = np.array([table.num_rows, np.sum(training_set.labels(table))], dtype=np.int64)
    count, positives = group.total(counts).tolist()
    last, first = group.most(np.array([times["max"], -times["min"]], dtype=np.int64)).tolist()
    return {
        "rows": count,
        "positives": positives,
        "first": format_timestamp(-first),
        "last": format_timestamp(last),
    }


def _spread(group: Group, rows: Rows, most: int) -> Rows:
    return Rows(features=group.spread(rows.features, most), labels=group.spread(rows.labels, most))
