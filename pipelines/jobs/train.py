"""Train the use case's model and write the artifact that the endpoint serves.

Hyperparameters come as ``--name value`` pairs, as the container passes them, over those of the use case. Training stops
early on the validation split and goes on from a checkpoint when a spot instance was taken away. That model is the one
that is judged: transforms, weights, resampling, thresholds and all figures are its own. The one that is served learns
once more, in the same way and for as long, from every labelled row up to the newest (``refit 0`` leaves that out).
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
from pipelines.jobs.fitted import Fitted, describe
from pipelines.jobs.hyperparameters import Hyperparameters, choose, fingerprint, parse, positive_weight
from pipelines.jobs.judging.audit import single_features
from pipelines.jobs.learning import Learner
from pipelines.jobs.resampling import Resampler
from pipelines.jobs.training_set import LABEL, TIMESTAMP, TrainingSetError


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where the job reads its splits, writes the artifact, and keeps checkpoints."""

    train: Path
    validation: Path
    all: Path
    model: Path
    checkpoint: Path


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
    scorers = [fitted.learned.scorer]
    if chosen["refit"]:
        every = rows(usecase, places.all)
        ready = Rows(features=columns.apply(every.features), labels=every.labels)
        scorers.insert(0, learner.again(fitted.learned, resampler.apply(ready, seed)))
        about["learned"] = span(usecase, places.all)
    artifact.write(places.model, scorers, about, judged.features)
    return about


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
        ("all", "SM_CHANNEL_ALL", "/opt/ml/input/data/all"),
        ("model", "SM_MODEL_DIR", "/opt/ml/model"),
        ("checkpoint", "SM_CHECKPOINT_DIR", "/opt/ml/checkpoints"),
        ("output", "SM_OUTPUT_DIR", "/opt/ml/output"),
    ):
        parser.add_argument(f"--{name}_dir", type=Path, default=Path(os.environ.get(variable, default)))
    args, pairs = parser.parse_known_args(argv)
    places = Places(**{name: getattr(args, f"{name}_dir") for name in Places.__annotations__})

    def job() -> None:
        summarize(train(usecases.load(args.usecase), parse(pairs), args.model_version, places))

    return outcome.run(job, args.output_dir / "failure")


if __name__ == "__main__":
    sys.exit(main())
