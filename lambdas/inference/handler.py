"""Entry point of inference: one HTTP API request."""

import json

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2, event_source
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.inference import adapters, logic
from lambdas.shared import telemetry
from lambdas.shared.settings import METRICS_NAMESPACE

logger = Logger(service="inference")
metrics = Metrics(namespace=METRICS_NAMESPACE, service="inference")


@logger.inject_lambda_context
@metrics.log_metrics
@event_source(data_class=APIGatewayProxyEventV2)
def handler(event: APIGatewayProxyEventV2, _context: LambdaContext) -> dict[str, object]:
    """Answer the request."""
    answer = logic.respond(adapters.request_of(event), adapters.connect())
    telemetry.count(metrics, adapters.settings(), answer.counts)
    if answer.reason:
        logger.warning("answered without a score", reason=answer.reason)
    return {"statusCode": answer.status, "headers": answer.headers, "body": json.dumps(answer.body)}
