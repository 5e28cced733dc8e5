"""Serverless variants: sizes that exist, parallel requests up to a limit, smaller payloads, no guardrails."""

import contextlib
import threading
from collections.abc import Iterator

from local.sagemaker.errors import ServiceError, ValidationError
from local.sagemaker.platform import Record

MAX_BODY_BYTES = 4 * 1024 * 1024
_SIZES_MB = tuple(range(1024, 6145, 1024))


class Slots:
    """How many requests a serverless variant answers at the same time; the next one is throttled, none waits."""

    def __init__(self, count: int) -> None:
        self._free = threading.BoundedSemaphore(count)

    @contextlib.contextmanager
    def take(self) -> Iterator[None]:
        """Hold a slot. Raises ServiceError (``ThrottlingException``) if none is free."""
        if not self._free.acquire(blocking=False):
            raise ServiceError("ThrottlingException", "Rate exceeded", status=429)
        try:
            yield
        finally:
            self._free.release()


def slots(config: Record) -> dict[str, Slots]:
    """The slots of each serverless variant of an endpoint configuration, by name."""
    return {
        variant["VariantName"]: Slots(variant["ServerlessConfig"]["MaxConcurrency"])
        for variant in config["ProductionVariants"]
        if "ServerlessConfig" in variant
    }


def require_config(request: Record) -> None:
    """Check what AWS checks of serverless variants when a configuration is made. Raises ValidationError."""
    variants = request["ProductionVariants"]
    serverless = [variant for variant in variants if "ServerlessConfig" in variant]
    if not serverless:
        return
    if len(variants) > 1:
        raise ValidationError("Serverless endpoints support a single production variant.")
    (variant,) = serverless
    if "InitialInstanceCount" in variant or "InstanceType" in variant:
        raise ValidationError("ServerlessConfig and instances cannot be specified for the same variant.")
    settings = variant["ServerlessConfig"]
    if settings["MemorySizeInMB"] not in _SIZES_MB:
        raise ValidationError(f"MemorySizeInMB must be one of {', '.join(map(str, _SIZES_MB))}.")
    if settings.get("ProvisionedConcurrency", 0) > settings["MaxConcurrency"]:
        raise ValidationError("ProvisionedConcurrency must not exceed MaxConcurrency.")
    if request.get("DataCaptureConfig"):
        raise ValidationError("Data capture is not supported for serverless endpoints.")


def require_update(old: Record, new: Record, deployment: Record) -> None:
    """Check what AWS checks when an endpoint takes another configuration.

    An endpoint on instances never becomes a serverless one, and guardrails do not apply. Raises ValidationError.
    """
    if not slots(new):
        return
    if not slots(old):
        raise ValidationError("You cannot convert your instance-based, real-time endpoint to a serverless endpoint.")
    if deployment:
        raise ValidationError("DeploymentConfig is not supported for serverless endpoints.")


def summary(variant: Record) -> Record:
    """What DescribeEndpoint shows of a serverless variant."""
    return {
        "CurrentServerlessConfig": variant["ServerlessConfig"],
        "DesiredServerlessConfig": variant["ServerlessConfig"],
    }


def require_network(variant: Record, model: Record) -> None:
    """Check the model of a serverless variant, when it is about to serve. Raises ValidationError."""
    if "ServerlessConfig" in variant and ("VpcConfig" in model or model.get("EnableNetworkIsolation")):
        raise ValidationError("VPC configuration and network isolation are not supported for serverless endpoints.")
