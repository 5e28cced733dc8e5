"""Fixtures of the pipelines' tests: what is slow, training and rendering, is done once."""

import json
import shutil
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import small_lake
from job_runs import MakeDefinition, MakeTrainingSet, Trained, make_training_set, run_jobs
from judged_candidates import candidate
from monitored_places import DELAY_S, Change, captured

import usecases
from headrace.ground_truth import truth_line
from headrace.schema import LabelRecord
from headrace.usecase import UseCase
from pipelines.jobs import baseline, inference
from pipelines.retraining.definition import definition
from pipelines.retraining.plan import CodeLocations

NEEDED = {
    "moto": ("test_training_set_places.py",),
    "sagemaker": ("test_pipeline_*.py", "test_model_card_schema.py"),
    "sagemaker_containers": ("test_container_server.py",),
    "sagemaker_inference": ("test_inference_toolkit.py",),
}
"""What is there in one environment only: ours has no container's server, the container no SDK."""
collect_ignore_glob = [pattern for name, patterns in NEEDED.items() if not find_spec(name) for pattern in patterns]


@pytest.fixture(scope="session")
def fraud() -> UseCase:
    return usecases.load("fraud")


@pytest.fixture(scope="session", name="make_training_set")
def training_set_maker(fraud: UseCase) -> MakeTrainingSet:
    return partial(make_training_set, fraud)


@pytest.fixture(scope="session")
def trained(fraud: UseCase, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return run_jobs(fraud, tmp_path_factory.mktemp("opt ml"))  # with a space, as a home directory may have one


@pytest.fixture(scope="session")
def champion(trained: Trained, fraud: UseCase, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of sixty rounds, in a folder of its own."""
    folder = tmp_path_factory.mktemp("champion")
    candidate(trained, fraud, folder, num_round=60)
    return folder


@pytest.fixture(scope="session")
def locations() -> CodeLocations:
    """Code in an assets bucket whose name is a CDK token, under the hashed names that assets have."""
    bucket = "s3://cdk-assets-${Token[AWS.AccountId.3]}-eu-west-1"
    return CodeLocations(
        preprocess=f"{bucket}/0a1b.py",
        evaluate=f"{bucket}/2c3d.py",
        baseline=f"{bucket}/8c9d.py",
        headrace=f"{bucket}/4e5f.zip",
        sourcedir=f"{bucket}/6a7b.tar.gz",
        no_champion=f"{bucket}/e0f1.txt",
    )


@pytest.fixture(scope="session")
def make_definition(fraud: UseCase, locations: CodeLocations) -> MakeDefinition:
    """Renders the fraud pipeline, with tokens wherever a stack would give them."""

    def make(**changes: Any) -> dict[str, Any]:
        given: dict[str, Any] = {
            "usecase": fraud,
            "name": "headrace-fraud-dev-training",
            "region": "eu-west-1",
            "bucket": "${Token[TOKEN.11]}",
            "role_arn": "${Token[TOKEN.12]}",
            "kms_key_arn": "${Token[TOKEN.13]}",
            "model_package_group": "headrace-fraud-dev",
            "code": locations,
        }
        return definition(**{**given, **changes})

    return make


@pytest.fixture(scope="session")
def rendered(make_definition: MakeDefinition) -> dict[str, Any]:
    """The definition with every default; tests that change it take a copy."""
    return make_definition()


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    small_lake.put(tmp_path, small_lake.week())
    return tmp_path


@pytest.fixture(scope="module")
def deployed(trained: Trained, fraud: UseCase, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The baseline and evaluation of the trained model, as its package holds them."""
    root = tmp_path_factory.mktemp("deployed")
    documents = baseline.baseline(fraud, trained.model, trained.splits / "all", trained.splits / "test")
    (root / "baseline").mkdir()
    for name, document in documents.items():
        (root / "baseline" / name).write_text(json.dumps(document))
    shutil.copytree(trained.root / "evaluation", root / "evaluation")
    return root


@pytest.fixture
def places(
    deployed: Path, trained: Trained, fraud: UseCase, make_training_set: MakeTrainingSet, tmp_path: Path
) -> Callable[[Change | None, float], dict[str, Path]]:
    """Writes what a changed world of 1,500 rows leaves behind, some of its labels turned round."""

    def write(change: Change | None = None, turned: float = 0.0) -> dict[str, Path]:
        frame = make_training_set(rows=1_500, seed=5)
        label = np.where(np.random.default_rng(1).random(1_500) < turned, 1 - frame["label"], frame["label"])
        if change is not None:
            change(frame)
        model = inference.model_fn(str(trained.model))
        truth = [
            truth_line(name, LabelRecord(name, when, {}, int(value), when + DELAY_S))
            for name, when, value in zip(frame["event_id"], frame["timestamp"].tolist(), label, strict=True)
        ]
        for name, lines in (("capture", captured(model, frame, fraud)), ("truth", truth)):
            folder = tmp_path / name / "2018" / "08" / "01" / "00"
            folder.mkdir(parents=True)
            (folder / "part.jsonl").write_text("\n".join(map(json.dumps, lines)))
        return {
            "capture": tmp_path / "capture",
            "truth": tmp_path / "truth",
            "baseline": deployed / "baseline",
            "evaluation": deployed / "evaluation",
            "model": trained.model,
        }

    return write
