"""Train the use case's model and write the artifact that the endpoint serves.

Hyperparameters come as ``--name value`` pairs, as the container passes them, over those of the use case. Stops early
on the validation split, and resumes from a checkpoint when a spot instance was taken away.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import usecases
from headrace.usecase import UseCase
from pipelines.jobs import artifact, outcome, training_set
from pipelines.jobs.boosting import Rows, Schedule, fit
from pipelines.jobs.hyperparameters import Hyperparameters, booster_parameters, choose, parse
from pipelines.jobs.training_set import LABEL, TrainingSetError


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where the job reads its splits, writes the artifact, and keeps checkpoints."""

    train: Path
    validation: Path
    model: Path
    checkpoint: Path


def train(usecase: UseCase, hyperparameters: Hyperparameters, model_version: str, places: Places) -> dict[str, Any]:
    """Fit, write the artifact and return what ``headrace.json`` says.

    Args:
        usecase: names the features, the costs and the hyperparameters' defaults.
        hyperparameters: overlaid on those of the use case.
        model_version: the name that every answer of the model will carry.
        places: where to read and write.

    Raises:
        TrainingSetError: if a split lacks columns or a class.
        HyperparameterError: if a hyperparameter is unknown or unusable.
    """
    chosen = choose({**usecase.model.hyperparameters, **hyperparameters})
    learned, judged = rows(usecase, places.train), rows(usecase, places.validation)
    schedule = Schedule(
        rounds=int(chosen["num_round"]),
        patience=int(chosen["early_stopping_rounds"]),
        save_every=int(chosen["checkpoint_every"]),
    )
    parameters = booster_parameters(chosen, learned.labels)
    fitted = fit(parameters, learned, judged, schedule, checkpoint=places.checkpoint, report=report)
    about = artifact.describe(
        usecase=usecase, chosen=chosen, model_version=model_version, fitted=fitted, train=learned, validation=judged
    )
    artifact.write(places.model, fitted.booster, about)
    return about


def rows(usecase: UseCase, folder: Path) -> Rows:
    """Read one split as the booster wants it.

    Raises:
        TrainingSetError: if a column is missing or only one class is there.
    """
    table = training_set.read(folder, usecase, (*usecase.feature_names, LABEL))
    labels = training_set.labels(table)
    if not 0 < labels.sum() < len(labels):
        raise TrainingSetError(f"{folder.name} has one class only ({len(labels)} rows): cut the splits by preprocess")
    return Rows(features=training_set.matrix(table, usecase.feature_names), labels=labels)


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
    parser.add_argument("--model_version", required=True)
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
