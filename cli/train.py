"""``headrace train``: the training pipeline's own definition, run on this machine without an account or a network."""

import json
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

import usecases
from cli.phases import Phases
from cli.train_run import BUCKET, EVALUATED, MANIFEST, MODEL, NORMAL, Run
from headrace.errors import UseCaseError
from headrace.usecase import UseCase
from local.sagemaker.folders import FolderPlatform
from local.sagemaker.platform import S3Location
from local.sagemaker.service import SageMaker
from pipelines.retraining import sources
from pipelines.retraining.definition import definition
from pipelines.retraining.plan import CodeLocations

NAME, GROUP = "training", "models"
ROLE = "arn:aws:iam::000000000000:role/this-machine"
KEY = "arn:aws:kms:eu-west-1:000000000000:key/00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, kw_only=True)
class Options:
    """Which use case, what it learns from, where results go, and the model to compare with, if any."""

    usecase: str
    dataset: Path
    out: Path
    champion: Path | None


def train(options: Options, console: Console) -> dict[str, Any]:
    """Run the pipeline, and write what it made into ``options.out``.

    A model that does not pass its gates is not written; its evaluation, gates and report are.

    Returns:
        Whether the model passed, why not, its version, figures and gates, and the seconds of each step.

    Raises:
        UseCaseError: if the data set or the champion is not there.
        TrainingError: if a step fails for another reason than a gate.
    """
    usecase, phases = usecases.load(options.usecase), Phases(console)
    _require_inputs(options)
    for name in (*EVALUATED, *NORMAL, MANIFEST, MODEL):
        (options.out / name).unlink(missing_ok=True)  # of an earlier run, whose model this one must not seem to be
    with tempfile.TemporaryDirectory(prefix="headrace-train-") as folder:
        platform = FolderPlatform(Path(folder))
        sagemaker = SageMaker(platform)
        try:
            with phases.phase("Define"):
                parameters = _prepare(options, usecase, platform, sagemaker)
            run = Run(sagemaker, NAME, parameters, tuned=usecase.model.tuning is not None)
            run.follow(phases)
            summary = run.deliver(platform, options.out)
        finally:
            sagemaker.close()
    return {**summary, "out": str(options.out), "seconds": phases.seconds}


def _require_inputs(options: Options) -> None:
    for option, path in (("--dataset", options.dataset), ("--champion", options.champion)):
        if path is not None and not path.exists():
            raise UseCaseError(option, f"{path} is not there", "give a file or a folder")
    if not _files(options.dataset):
        raise UseCaseError("--dataset", f"{options.dataset} holds no .parquet file", "build one by headrace features")
    if options.champion is not None and not (_model(options.champion)).is_file():
        raise UseCaseError("--champion", f"{options.champion} holds no {MODEL}", "give an --out of headrace train")


def _files(dataset: Path) -> list[Path]:
    return sorted(dataset.rglob("*.parquet")) if dataset.is_dir() else [dataset] * (dataset.suffix == ".parquet")


def _model(champion: Path) -> Path:
    return champion / MODEL if champion.is_dir() else champion


def _prepare(options: Options, usecase: UseCase, platform: FolderPlatform, sagemaker: SageMaker) -> dict[str, str]:
    """Put data, code and pipeline in place, and return the execution's parameters."""
    root = options.dataset if options.dataset.is_dir() else options.dataset.parent
    for path in _files(options.dataset):
        platform.store.lend(path, S3Location(BUCKET, f"data/{path.relative_to(root).as_posix()}"))
    parameters = {"InputData": f"s3://{BUCKET}/data/", "DataVersion": "1", "TriggerReason": "headrace train"}
    if options.champion is not None:
        place = S3Location(BUCKET, f"champion/{MODEL}")
        platform.store.lend(_model(options.champion), place)
        parameters["ChampionModel"] = place.uri
    with tempfile.TemporaryDirectory() as scratch:
        places = {}
        for name, path in asdict(sources.build(usecase, Path(scratch))).items():
            place = S3Location(BUCKET, f"code/{path.name}")
            platform.store.upload(path, place)
            places[name] = place.uri
    body = definition(
        usecase=usecase,
        name=NAME,
        region=platform.account.region,
        bucket=BUCKET,
        role_arn=ROLE,
        kms_key_arn=KEY,
        model_package_group=GROUP,
        code=CodeLocations(**places),
    )
    sagemaker.call("CreateModelPackageGroup", {"ModelPackageGroupName": GROUP})
    request = {"PipelineName": NAME, "PipelineDefinition": json.dumps(body), "RoleArn": ROLE}
    sagemaker.call("CreatePipeline", {**request, "ClientRequestToken": "headrace-train".ljust(32, "-")})
    return parameters
