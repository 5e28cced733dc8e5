"""The pipeline's definition as a plain dictionary, ready for ``stack.to_json_string``."""

import importlib
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from headrace.usecase import UseCase
from pipelines.retraining import offline, validation
from pipelines.retraining.plan import (
    PROCESSING_SIZE,
    TRAINING_SIZE,
    CodeLocations,
    JobSize,
    Network,
    Placeholders,
    Plan,
)


def definition(
    *,
    usecase: UseCase,
    name: str,
    region: str,
    bucket: str,
    role_arn: str,
    kms_key_arn: str,
    model_package_group: str,
    code: CodeLocations,
    processing: JobSize = PROCESSING_SIZE,
    training: JobSize = TRAINING_SIZE,
    spot: bool = False,
    network: Network = Network(),  # noqa: B008 - frozen
    cache_for: str | None = "30d",
    preprocess_options: Mapping[str, str] = MappingProxyType({}),
    tune: bool = True,
) -> dict[str, Any]:
    """Render and check the retraining pipeline of a use case.

    Args:
        usecase: names hyperparameters, gates and the serving instance.
        name: of the pipeline.
        region: decides the registry of the container image; never a token.
        bucket: the lake; like the following four it may be a CDK token.
        role_arn: of every job.
        kms_key_arn: encrypts volumes and outputs.
        model_package_group: receives the model.
        code: where ``sources.build``'s files will be.
        processing: machine, disk and longest run of preprocessing and evaluation.
        training: of training; ``sizes.training_size`` chooses it, the parameter ``TrainingInstanceType`` overrides.
        spot: train on spare capacity, resuming from checkpoints.
        network: what jobs may reach, and the VPC they run in.
        cache_for: how old a result of preprocessing or training may be to be taken again; None runs them always.
        preprocess_options: for the preprocess job, such as ``{"minimum-positives": "5"}``.
        tune: False trains once where the use case names a search for hyperparameters.

    Returns:
        The definition, schema version 2020-12-01, with only members that SageMaker knows.

    Raises:
        DefinitionError: if SageMaker would reject it.
    """
    plan = Plan(
        usecase=usecase,
        name=name,
        region=region,
        bucket=bucket,
        role_arn=role_arn,
        kms_key_arn=kms_key_arn,
        model_package_group=model_package_group,
        code=code,
        processing=processing,
        training=training,
        spot=spot,
        network=network,
        cache_for=cache_for,
        preprocess_options=preprocess_options,
        tune=tune,
    )
    placeholders = Placeholders(plan)
    rendered = _render(placeholders.stand_in())
    validation.validate(rendered)
    filled: dict[str, Any] = placeholders.fill_in(rendered)
    return filled


def _render(plan: Plan) -> dict[str, Any]:
    with offline.quiet_sdk(plan.region):
        # Imported by name and only now: the SDK takes seconds, and reads its settings while it is imported.
        build_pipeline = importlib.import_module("pipelines.retraining.pipeline").build_pipeline
        session = importlib.import_module("pipelines.retraining.session").open_session(plan)
        rendered: dict[str, Any] = json.loads(build_pipeline(plan, session).definition())
    known: dict[str, Any] = _without_empty(rendered)
    return known


def _without_empty(value: Any) -> Any:
    """Without the nulls and empty members that the SDK writes and SageMaker's API does not know."""
    if isinstance(value, Mapping):
        kept = {key: _without_empty(member) for key, member in value.items()}
        return {key: member for key, member in kept.items() if member is not None and member != {}}
    if isinstance(value, list):
        return [_without_empty(member) for member in value]
    return value
