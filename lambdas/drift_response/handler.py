"""Entry point of drift response: signals from the queue, one decision each, with a partial batch response."""

from collections import Counter

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.data_classes import SQSEvent, event_source
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.drift_response import adapters, logic
from lambdas.shared import telemetry
from lambdas.shared.settings import METRICS_NAMESPACE

logger = Logger(service="drift_response")
metrics = Metrics(namespace=METRICS_NAMESPACE, service="drift_response")


@logger.inject_lambda_context
@metrics.log_metrics
@event_source(data_class=SQSEvent)
def handler(event: SQSEvent, _context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    """Decide on what came; leave in the queue what has to be tried again."""
    failures, counts = [], Counter[str]()
    for message in event.records:
        handled = logic.handle(message.body, adapters.connect())
        counts[f"Signals{handled.result.capitalize()}"] += 1
        if handled.result == "decided":
            counts[f"Reaction{handled.action.title().replace('_', '')}"] += 1
        log = logger.info if handled.done else logger.warning
        log("signal", result=handled.result, action=handled.action, detail=handled.detail)
        if not handled.done:
            failures.append({"itemIdentifier": message.message_id})
    telemetry.count(metrics, adapters.settings(), {"SignalsDecided": 0, **counts})
    return {"batchItemFailures": failures}
