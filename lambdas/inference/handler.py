"""Entry point of inference: one request of an HTTP or a REST API."""

import time

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.inference import adapters, gateway, logic, report

logger = Logger(service=report.SERVICE)


@logger.inject_lambda_context
def handler(event: object, context: LambdaContext) -> dict[str, object]:
    """Answer the request."""
    started = time.perf_counter()
    request = gateway.request_of(event, request_id=context.aws_request_id)
    answer = logic.respond(request, adapters.connect())
    adapters.reporter(logger).write(request, answer, elapsed_ms=(time.perf_counter() - started) * 1_000)
    return gateway.response_of(answer, request.correlation_id)
