"""Entry point of the lookup inbox: files from the queue, slice by slice, with a partial batch response."""

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.data_classes import SQSEvent, event_source
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.lookup_inbox import adapters
from lambdas.shared.files.messages import take_all
from lambdas.shared.settings import METRICS_NAMESPACE

logger = Logger(service="lookup_inbox")
metrics = Metrics(namespace=METRICS_NAMESPACE, service="lookup_inbox")


@logger.inject_lambda_context
@metrics.log_metrics
@event_source(data_class=SQSEvent)
def handler(event: SQSEvent, context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    """Work on what each message is about; leave in the queue what has to be tried again."""
    inboxes = adapters.connect()
    return take_all(event, context, inboxes.of, settings=adapters.settings(), logger=logger, metrics=metrics)
