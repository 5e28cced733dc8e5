"""Candidates of the gates' tests: trained on the fixture's splits, judged, and what they were stopped for."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from job_runs import Trained

from headrace.usecase import UseCase
from pipelines.jobs import evaluate, train
from pipelines.jobs.judging.evidence import Evidence

SHORT = {"num_round": 25, "max_bin": 256, "nthread": 1}
NAMES = ("train", "validation", "test", "all")
Change = Callable[[str, pd.DataFrame], pd.DataFrame]


def candidate(
    trained: Trained, usecase: UseCase, folder: Path, change: Change | None = None, **hyperparameters: Any
) -> dict[str, Any]:
    """Train on the fixture's splits, changed as a test wants, and give what the evaluation found."""
    for name in NAMES:
        frame = pd.read_parquet(trained.splits / name)
        (folder / name).mkdir(parents=True)
        (change(name, frame) if change else frame).to_parquet(folder / name / "part.parquet")
    places = train.Places(
        train=folder / "train",
        validation=folder / "validation",
        all=folder / "all",
        model=folder / "model",
        checkpoint=folder / "checkpoints",
    )
    train.train(usecase, {**SHORT, **hyperparameters}, "candidate", places)
    return judged(usecase, folder)


def judged(usecase: UseCase, folder: Path, **evidence: Any) -> dict[str, Any]:
    given = Evidence(**{"train": folder / "train", **evidence})
    return evaluate.evaluate(usecase, folder / "model", folder / "test", resamples=100, seed=7, evidence=given)


def failed(found: dict[str, Any]) -> dict[str, str]:
    return {it["name"]: it["reason"] for it in found["gates"]["gates"] if not it["passed"]}
