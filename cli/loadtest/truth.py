"""What each model version answers to each question, computed beside the service.

Nothing is streamed during a load test, so window state stands still: it is read from its table, turned into vectors by
``headrace.features``, and every registered model is loaded from its artifact and asked. The service's own answers have
no part in it.
"""

import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from cli.deployment import Deployment
from cli.loadtest.questions import Question
from headrace.features import FeatureSet, Vector
from headrace.schema import parse_event
from lambdas.shared.layouts import Layouts, layouts_of
from lambdas.shared.state_reader import StateReader
from lambdas.shared.window_state import EntityKey, decode_states
from pipelines.jobs import artifact, inference

READERS = 8


@dataclass(frozen=True, slots=True)
class Expected:
    """A right answer."""

    score: float
    decision: str


Truth = dict[str, list[Expected]]
"""By model version, then by the question's position."""


def truth(deployment: Deployment, asked: Sequence[Question]) -> Truth:
    """The right answers of every registered model.

    Raises:
        HeadraceError: if state, registry or an artifact cannot be read.
    """
    instances = vectors(deployment, asked)
    found: Truth = {}
    with tempfile.TemporaryDirectory(prefix="headrace-truth-") as scratch:
        for number, url in enumerate(artifacts(deployment)):
            folder = _fetch(deployment, url, Path(scratch) / str(number))
            model = inference.model_fn(str(folder))
            answer = inference.predict_fn(inference.Request(instances=instances), model)
            pairs = zip(answer.scores.tolist(), answer.decisions, strict=True)
            found[answer.version] = [Expected(score, decision) for score, decision in pairs]
    return found


def vectors(deployment: Deployment, asked: Sequence[Question]) -> list[Vector]:
    """The feature vector of each question, from the state as it is stored."""
    features = FeatureSet(deployment.usecase)
    entities = deployment.usecase.entities
    events = [parse_event(deployment.usecase, question.body, unknown_fields="reject") for question in asked]
    keys = {EntityKey(entity.name, cast(str, event[entity.key])) for event in events for entity in entities}
    table = deployment.dynamodb
    layouts = Layouts(table, deployment.state_table, own=layouts_of(features))
    with ThreadPoolExecutor(READERS) as pool:
        reader = StateReader(table, deployment.state_table, usecase=deployment.usecase, executor=pool, layouts=layouts)
        stored = reader.query(sorted(keys))
    states = {key: decode_states(features, key, stored.get(key, ())) for key in keys}
    return [
        features.vector(event, {it.name: states[EntityKey(it.name, cast(str, event[it.key]))] for it in entities})
        for event in events
    ]


def artifacts(deployment: Deployment) -> list[str]:
    """Where the artifact of each registered model lies, the oldest first."""
    group = deployment.output("training", "ModelPackageGroupName")
    pages = deployment.sagemaker.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=group, SortBy="CreationTime", SortOrder="Ascending"
    )
    arns = [one["ModelPackageArn"] for page in pages for one in page["ModelPackageSummaryList"]]
    described = [deployment.sagemaker.describe_model_package(ModelPackageName=arn) for arn in arns]
    return [one["InferenceSpecification"]["Containers"][0]["ModelDataUrl"] for one in described]


def _fetch(deployment: Deployment, url: str, folder: Path) -> Path:
    bucket, _, key = url.removeprefix("s3://").partition("/")
    packed, unpacked = folder / "packed", folder / "model"
    packed.mkdir(parents=True)
    deployment.s3.download_file(bucket, key, str(packed / artifact.ARCHIVE))
    return artifact.unpack(packed, unpacked)
