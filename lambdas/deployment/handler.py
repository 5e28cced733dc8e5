"""Entry point of deployment: approvals and ends of updates from the queue, with a partial batch response."""

from collections import Counter

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.data_classes import SQSEvent, event_source
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.deployment import adapters, logic
from lambdas.shared import telemetry
from lambdas.shared.settings import METRICS_NAMESPACE

logger = Logger(service="deployment")
metrics = Metrics(namespace=METRICS_NAMESPACE, service="deployment")


@logger.inject_lambda_context
@metrics.log_metrics
@event_source(data_class=SQSEvent)
def handler(event: SQSEvent, _context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    """Deploy what was approved, deal with how it ended; leave in the queue what has to wait or needs people."""
    messages = [logic.Message(record.message_id, record.body) for record in event.records]
    handled = logic.deploy_all(messages, adapters.connect())
    counts = Counter(f"Deployment{it.result.title().replace('_', '')}" for it in handled if it.result != "blocked")
    counts["DeploymentBlocked"] = sum(it.pages for it in handled)
    telemetry.count(metrics, adapters.settings(), counts)
    for it in handled:
        log = logger.error if it.pages else logger.info
        log("model package", result=it.result, detail=it.detail, before=it.before)
    return {"batchItemFailures": [{"itemIdentifier": it.message.id} for it in handled if not it.done]}
