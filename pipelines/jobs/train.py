"""Train the use case's model and write the artifact that the endpoint serves.

Hyperparameters come as ``--name value`` pairs, as the container passes them, over those of the use case. Training stops
early on the validation split, goes on from a checkpoint when a spot instance was taken away, and ends with a model that
has learned from training and validation rows together (``refit 0`` leaves that out). Transforms, weights and resampling
are learned from training rows; thresholds and all figures come from the model that had not seen the validation rows.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc

import usecases
from headrace.schema import format_timestamp
from headrace.usecase import UseCase
from pipelines.jobs import artifact, outcome, preparing, training_set
from pipelines.jobs.boosting import Rows
from pipelines.jobs.code_version import code_version
from pipelines.jobs.hyperparameters import Hyperparameters, choose, fingerprint, parse, positive_weight
from pipelines.jobs.judging.audit import single_features
from pipelines.jobs.judging.bootstrap import Judged, deviations, resample
from pipelines.jobs.learning import Learned, Learner
from pipelines.jobs.metrics import Ranking
from pipelines.jobs.resampling import Resampler
from pipelines.jobs.served.columns import Columns
from pipelines.jobs.training_set import LABEL, TIMESTAMP, TrainingSetError

RESAMPLES = 50
"""Of the validation rows, to know how far their figures are noise."""
_MOST_ROWS = 100_000
"""Training rows that its figures are of, evenly spread: more take time and tell nothing new."""


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where the job reads its splits, writes the artifact, and keeps checkpoints."""

    train: Path
    validation: Path
    model: Path
    checkpoint: Path


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """What was learned: columns, the factor on the odds of a positive, and the model that saw training rows only."""

    columns: Columns
    odds: float
    learned: Learned

    def ranking(self, rows: Rows) -> Ranking:
        """Rows ranked by corrected scores."""
        scores = self.learned.scorer.scores(rows.features)
        return Ranking.of(rows.labels, scores / (scores + (1 - scores) * self.odds) if self.odds != 1 else scores)


def train(usecase: UseCase, hyperparameters: Hyperparameters, model_version: str, places: Places) -> dict[str, Any]:
    """Fit, write the artifact and return what ``headrace.json`` says.

    Args:
        usecase: names features, costs, transforms, weights and the hyperparameters' defaults.
        hyperparameters: overlaid on those of the use case.
        model_version: the name that every answer of the model will carry.
        places: where to read and write.

    Raises:
        TrainingSetError: if a split lacks columns or a class.
        HyperparameterError: if a hyperparameter is unknown or unusable.
    """
    model = usecase.model
    own = {} if model.class_weight is None else {"class_weight": model.class_weight}
    chosen = choose({**own, **model.hyperparameters, **hyperparameters}, model.algorithm)
    learned, judged = rows(usecase, places.train), rows(usecase, places.validation)
    columns = preparing.learn(usecase, learned.features)
    seed, resampler = int(chosen.get("seed", 0)), Resampler.of(model.resampling, learned.labels)
    weight = 1.0 if model.unsupervised else positive_weight(chosen, learned.labels)
    learner = Learner(
        algorithm=model.algorithm,
        chosen=chosen,
        weight=weight,
        # Candidates of a search may share the folder, and trees of other hyperparameters are no place to go on from.
        checkpoint=places.checkpoint / fingerprint(chosen),
        report=report,
    )
    ready = Rows(features=columns.apply(learned.features), labels=learned.labels)
    held_out = Rows(features=columns.apply(judged.features), labels=judged.labels)
    sampled = resampler.apply(ready, seed)
    fitted = Fitted(columns=columns, odds=weight * resampler.odds, learned=learner.learn(sampled, held_out))
    about = {
        **describe(usecase, model_version, fitted, ready, held_out),
        "hyperparameters": chosen,
        "single_features": single_features(learned, judged, usecase.feature_names),
        "data": {name: span(usecase, getattr(places, name)) for name in ("train", "validation")},
    }
    scorer = fitted.learned.scorer
    if chosen["refit"]:
        scorer = learner.again(fitted.learned, sampled, resampler.apply(held_out, seed))
    artifact.write(places.model, scorer, about, judged.features)
    return about


def describe(usecase: UseCase, model_version: str, fitted: Fitted, train: Rows, validation: Rows) -> dict[str, Any]:
    """How to ask the model and how good it was; rows are prepared columns."""
    step = max(1, -(-len(train.labels) // _MOST_ROWS))
    spread = Rows(features=train.features[::step], labels=train.labels[::step])
    ranking = {"train": fitted.ranking(spread), "validation": fitted.ranking(validation)}
    threshold = artifact.choose_threshold(usecase, ranking["validation"])
    return {
        "usecase": usecase.name,
        "model_version": model_version,
        "algorithm": usecase.model.algorithm,
        "features": list(usecase.feature_names),
        "columns": fitted.columns.document,
        "odds": fitted.odds,
        "bands": [{"decision": band.decision, "from_score": band.from_score} for band in usecase.decision.bands],
        "threshold": threshold,
        "best_iteration": fitted.learned.best,
        "rounds": len(fitted.learned.history),
        "history": [round(value, 6) for value in fitted.learned.history],
        "metrics": {name: it.figures(threshold["score"]) for name, it in ranking.items()},
        "deviations": deviations(
            resample([Judged(ranking["validation"], threshold["score"])], resamples=RESAMPLES, seed=0)[0]
        ),
        "code": code_version(usecase),
        "packages": artifact.packages(),
    }


def rows(usecase: UseCase, folder: Path) -> Rows:
    """Read one split as the learner wants it.

    Raises:
        TrainingSetError: if a column is missing, or only one class is there and the algorithm needs both.
    """
    features, labels = training_set.read_rows(folder, usecase)
    if not usecase.model.unsupervised and not 0 < labels.sum() < len(labels):
        raise TrainingSetError(f"{folder.name} has one class only ({len(labels)} rows): cut the splits by preprocess")
    return Rows(features=features, labels=labels)


def span(usecase: UseCase, folder: Path) -> dict[str, Any]:
    """How many rows and positives a split has, and from when to when."""
    table = training_set.read(folder, usecase, (TIMESTAMP, LABEL))
    times = pc.min_max(table.column(TIMESTAMP)).as_py()
    return {
        "rows": table.num_rows,
        "positives": int(np.sum(training_set.labels(table))),
        "first": format_timestamp(times["min"]),
        "last": format_timestamp(times["max"]),
    }


def report(number: int, value: float) -> None:
    """Print a round's figure in the form that the pipeline's metric definitions match."""
    sys.stdout.write(f"[{number}] validation-average-precision={value:.6f}\n")


def summarize(about: dict[str, Any]) -> None:
    """Print the final figures, again in the form of the metric definitions."""
    for split, figures in about["metrics"].items():
        for name, value in figures.items():
            sys.stdout.write(f"final {split}-{name.replace('_', '-')}={value:.6f}\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point: 0, or 1 with the reason in the reason file."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--usecase", required=True)
    # The platform names the job in the environment: a hyperparameter of its own would keep it from being cached.
    named = os.environ.get("TRAINING_JOB_NAME")
    parser.add_argument("--model_version", default=named, required=named is None)
    for name, variable, default in (
        ("train", "SM_CHANNEL_TRAIN", "/opt/ml/input/data/train"),
        ("validation", "SM_CHANNEL_VALIDATION", "/opt/ml/input/data/validation"),
        ("model", "SM_MODEL_DIR", "/opt/ml/model"),
        ("checkpoint", "SM_CHECKPOINT_DIR", "/opt/ml/checkpoints"),
        ("output", "SM_OUTPUT_DIR", "/opt/ml/output"),
    ):
        parser.add_argument(f"--{name}_dir", type=Path, default=Path(os.environ.get(variable, default)))
    args, pairs = parser.parse_known_args(argv)
    places = Places(
        train=args.train_dir, validation=args.validation_dir, model=args.model_dir, checkpoint=args.checkpoint_dir
    )

    def job() -> None:
        summarize(train(usecases.load(args.usecase), parse(pairs), args.model_version, places))

    return outcome.run(job, args.output_dir / "failure")


if __name__ == "__main__":
    sys.exit(main())
