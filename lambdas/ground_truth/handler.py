"""Entry point of ground truth: a batch of the labels stream, with a partial batch response."""

import time

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.data_classes import KinesisStreamEvent, event_source
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.ground_truth import adapters, logic
from lambdas.shared import kinesis, telemetry
from lambdas.shared.settings import METRICS_NAMESPACE

logger = Logger(service="ground_truth")
metrics = Metrics(namespace=METRICS_NAMESPACE, service="ground_truth")


@logger.inject_lambda_context
@metrics.log_metrics
@event_source(data_class=KinesisStreamEvent)
def handler(event: KinesisStreamEvent, _context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    """Fold and file the batch; report from where on it has to be tried again."""
    records = kinesis.records(event)
    outcome = logic.collect(records, adapters.connect())
    telemetry.publish(metrics, adapters.settings(), outcome, age_s=time.time() - records[-1].arrived_at)
    if outcome.failed_from:
        logger.warning("the batch is tried again in part", problem=outcome.problem, failed_from=outcome.failed_from)
    return outcome.response(records)
