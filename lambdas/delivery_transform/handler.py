"""Entry point of the delivery transform: Firehose's batch in, one answer per record out."""

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.data_classes import KinesisFirehoseEvent, event_source
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.delivery_transform import adapters, logic
from lambdas.shared import telemetry
from lambdas.shared.settings import METRICS_NAMESPACE

logger = Logger(service="delivery_transform")
metrics = Metrics(namespace=METRICS_NAMESPACE, service="delivery_transform")


@logger.inject_lambda_context
@metrics.log_metrics
@event_source(data_class=KinesisFirehoseEvent)
def handler(event: KinesisFirehoseEvent, _context: LambdaContext) -> dict[str, object]:
    """Check, mask and complete every record."""
    answers, counts = logic.transform(
        adapters.deliveries(event), adapters.usecase(), mask_key=adapters.key(), lookups=adapters.lookups()
    )
    telemetry.count(metrics, adapters.settings(), counts)
    return {"records": [answer.as_json() for answer in answers]}
