"""Train the use case's model and write the artifact that the endpoint serves.

Hyperparameters come as ``--name value`` pairs, as the container passes them, over those of the use case. Training stops
early on the validation split and goes on from a checkpoint when a spot instance was taken away. That model is the one
that is judged: transforms, weights, resampling, thresholds and all figures are its own. The one that is served learns
once more, in the same way and for as long, from every labelled row up to the newest (``refit 0`` leaves that out).
Where the platform gives the job several machines, all of them run this script and train one model together.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import usecases
from headrace.usecase import UseCase
from headrace.usecase.cluster import lone
from pipelines.jobs import artifact, outcome, together
from pipelines.jobs.course import Places, rows, run
from pipelines.jobs.fitted import describe
from pipelines.jobs.hosts import HostError, Hosts
from pipelines.jobs.hyperparameters import Hyperparameters, choose, parse
from pipelines.jobs.judging.audit import single_features

__all__ = ["Places", "main", "report", "rows", "train"]

_ALONE = Hosts()


def train(
    usecase: UseCase,
    hyperparameters: Hyperparameters,
    model_version: str,
    places: Places,
    *,
    hosts: Hosts = _ALONE,
    timeout_s: int | None = None,
) -> dict[str, Any]:
    """Fit, write the artifact and return what ``headrace.json`` says.

    Args:
        usecase: names features, costs, transforms, weights and the hyperparameters' defaults.
        hyperparameters: overlaid on those of the use case.
        model_version: the name that every answer of the model will carry.
        places: where to read and write.
        hosts: the machines of the job. Of several each has a share of the rows to learn and all validation rows; only
            the first one writes, and the others return nothing.
        timeout_s: how long they wait for each other; by default as long as the use case says.

    Raises:
        TrainingSetError: if a split lacks columns or a class.
        HyperparameterError: if a hyperparameter is unknown or unusable.
        HostError: if the machines cannot train together.
    """
    model = usecase.model
    own = {} if model.class_weight is None else {"class_weight": model.class_weight}
    chosen = choose({**own, **model.hyperparameters, **hyperparameters}, model.algorithm)
    if len(hosts.names) > 1 and (reason := lone(model.algorithm)):
        raise HostError(f"the job has {len(hosts.names)} instances, and {reason}: give it one")
    course = together.run(
        hosts,
        lambda group: run(usecase, chosen, places, group, report if hosts.leads else _silent),
        timeout_s=model.cluster.timeout_s if timeout_s is None else timeout_s,
    )
    if not hosts.leads:
        return {}
    about = {
        **describe(usecase, model_version, course.fitted, course.known, course.held_out),
        "hyperparameters": chosen,
        "single_features": single_features(course.raw, course.judged, usecase.feature_names),
        "data": {name: course.data[name] for name in ("train", "validation")},
        **({"learned": course.data["all"]} if "all" in course.data else {}),
        **({} if hosts.alone else {"instances": len(hosts.names)}),
    }
    artifact.write(places.model, course.scorers, about, course.judged.features)
    return about


def report(number: int, value: float) -> None:
    """Print a round's figure in the form that the pipeline's metric definitions match."""
    sys.stdout.write(f"[{number}] validation-average-precision={value:.6f}\n")


def _silent(_number: int, _value: float) -> None:
    """What machines other than the first print, or the platform would read each figure several times."""


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
    parser.add_argument("--host_timeout_s", type=int, help="default: the use case's, how long machines wait for others")
    args, pairs = parser.parse_known_args(argv)
    places = Places(**{name: getattr(args, f"{name}_dir") for name in Places.__annotations__})

    def job() -> None:
        usecase, hosts = usecases.load(args.usecase), Hosts.of(os.environ)
        version, timeout_s = args.model_version, args.host_timeout_s
        about = train(usecase, parse(pairs), version, places, hosts=hosts, timeout_s=timeout_s)
        if hosts.leads:
            summarize(about)

    return outcome.run(job, args.output_dir / "failure")


if __name__ == "__main__":
    together.leave(main)
