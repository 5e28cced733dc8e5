"""Entry point of enrichment: a batch of the events stream, with a partial batch response."""

import time

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.data_classes import KinesisStreamEvent, event_source
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.enrichment import adapters, logic
from lambdas.shared import kinesis, telemetry
from lambdas.shared.garbage import collection_paused
from lambdas.shared.settings import METRICS_NAMESPACE

logger = Logger(service="enrichment")
metrics = Metrics(namespace=METRICS_NAMESPACE, service="enrichment")


@logger.inject_lambda_context
@metrics.log_metrics
@event_source(data_class=KinesisStreamEvent)
def handler(event: KinesisStreamEvent, _context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    """Fold, score and log the batch; report from where on it has to be tried again."""
    with collection_paused():
        records = kinesis.records(event)
        outcome = logic.enrich(records, adapters.connect())
    telemetry.publish(metrics, adapters.settings(), outcome, age_s=time.time() - records[-1].arrived_at)
    if outcome.failed_from:
        logger.warning("the batch is tried again in part", problem=outcome.problem, failed_from=outcome.failed_from)
    return outcome.response(records)
