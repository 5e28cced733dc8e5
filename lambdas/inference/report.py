"""What an answer leaves behind: a line of metrics, and a line in the log if it is degraded or drawn.

Lines name routes, figures and reasons; nothing of an event gets into them.
"""

import random
from collections.abc import Callable

from aws_lambda_powertools import Logger

from headrace.usecase import Api
from lambdas.inference.exchange import Answer, Request, counted
from lambdas.inference.settings import Settings
from lambdas.shared.counters import Counters
from lambdas.shared.settings import METRICS_NAMESPACE

SERVICE = "inference"


class Report:
    """Reports answers by the shares that the use case asks for."""

    def __init__(
        self, logger: Logger, settings: Settings, api: Api, *, draw: Callable[[], float] = random.random
    ) -> None:
        self._logger, self._log_share, self._draw = logger, api.log_share, draw
        self._counters = Counters(
            namespace=METRICS_NAMESPACE,
            dimensions={"service": SERVICE, "UseCase": settings.usecase, "Stage": settings.stage},
            names=tuple(counted()),
            share=api.metrics_share,
            draw=draw,
        )

    def write(self, request: Request, answer: Answer, *, elapsed_ms: float) -> None:
        """Report one answer. Refused and degraded ones are always counted, degraded ones always logged."""
        exceptional = bool(answer.counts["Refused"] or answer.counts["Degraded"])
        self._counters.write(answer.counts, ordinary=not exceptional)
        if answer.trouble is not None:
            self._logger.error("our own code failed", extra=_about(request, answer, elapsed_ms))
        elif answer.reasons:
            self._logger.warning("answered without a score", extra=_about(request, answer, elapsed_ms))
        elif self._draw() < self._log_share:
            self._logger.info("answered", extra=_about(request, answer, elapsed_ms))


def _about(request: Request, answer: Answer, elapsed_ms: float) -> dict[str, object]:
    about: dict[str, object] = {
        "correlation_id": request.correlation_id,
        "status": int(answer.status),
        "events": answer.counts["Events"],
        "refused": answer.counts["Refused"],
        "degraded": answer.counts["Degraded"],
        "elapsed_ms": round(elapsed_ms, 2),
    }
    if answer.reasons:
        about["reason"] = ",".join(answer.reasons)
    if answer.trouble is not None:
        about["trouble"] = answer.trouble
    return about
