"""Asynchronous endpoints: what AWS checks of their configuration, and where their answers go."""

import uuid
from dataclasses import dataclass

from local.sagemaker.errors import ValidationError
from local.sagemaker.platform import Record, S3Location

_AT_ONCE = 4
"""Requests that one instance works on at a time where nobody says; SageMaker chooses a number by itself."""


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where one request's answer goes, or what went wrong with it; ``failure`` None: nobody is told."""

    answer: S3Location
    failure: S3Location | None


def require_config(request: Record) -> None:
    """Check what AWS checks of an asynchronous configuration when it is made. Raises ValidationError."""
    settings = request.get("AsyncInferenceConfig")
    if settings is None:
        return
    if request.get("ShadowProductionVariants"):
        raise ValidationError("Shadow variants are not supported for asynchronous endpoints.")
    if any("ServerlessConfig" in variant for variant in request["ProductionVariants"]):
        raise ValidationError("AsyncInferenceConfig is not supported for serverless endpoints.")
    if "S3OutputPath" not in settings["OutputConfig"]:
        raise ValidationError("S3OutputPath must be provided for asynchronous endpoints.")


def places(settings: Record) -> Places:
    """New places below those that an ``AsyncInferenceConfig`` names."""
    name, output = uuid.uuid4(), settings["OutputConfig"]
    failures = output.get("S3FailurePath")
    return Places(
        answer=S3Location.parse(output["S3OutputPath"]).child(f"{name}.out"),
        failure=S3Location.parse(failures).child(f"{name}-error.out") if failures else None,
    )


def at_once(config: Record) -> int:
    """How many requests the whole fleet of a configuration works on at a time."""
    given = config["AsyncInferenceConfig"].get("ClientConfig", {}).get("MaxConcurrentInvocationsPerInstance", _AT_ONCE)
    return max(1, int(given) * int(config["ProductionVariants"][0].get("InitialInstanceCount", 1)))
