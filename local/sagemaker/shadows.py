"""Shadow variants: what AWS checks of a configuration with one, and the copies of requests that are sent to it."""

import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from local.sagemaker.errors import ServiceError, ValidationError
from local.sagemaker.many_models import ManyModels
from local.sagemaker.platform import Record
from local.sagemaker.server import Server

MEMBER = "ShadowProductionVariants"
_AT_ONCE = 4


class Copies:
    """Copies under way. What a shadow answers is captured and measured; nobody waits for it or hears that it failed."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="shadow")

    def send(self, shadow: tuple[str, Server | ManyModels] | None, ask: Callable[[str, Server], object]) -> None:
        """Ask a shadow, by name, in the background; None: this request is not copied."""
        if shadow is not None and isinstance(shadow[1], Server):
            self._pool.submit(_quietly, ask, shadow[0], shadow[1])

    def close(self) -> None:
        """Send no more."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _quietly(ask: Callable[[str, Server], object], name: str, server: Server) -> None:
    with contextlib.suppress(ServiceError):
        ask(name, server)


def require_config(request: Record) -> None:
    """Check what AWS checks of shadows when a configuration is made. Raises ValidationError."""
    copies = request.get(MEMBER, [])
    if not copies:
        return
    if len(copies) > 1 or len(request["ProductionVariants"]) > 1:
        raise ValidationError("Shadow variants need exactly one variant in each of ProductionVariants and " + MEMBER)
    if any("ServerlessConfig" in variant for variant in (*copies, *request["ProductionVariants"])):
        raise ValidationError("Shadow variants are not supported for serverless endpoints.")
