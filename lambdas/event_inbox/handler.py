"""Entry point of the event inbox: files from the queue, slice by slice, with a partial batch response."""

import time

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.data_classes import SQSEvent, event_source
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.event_inbox import adapters
from lambdas.shared import telemetry
from lambdas.shared.files import inbox
from lambdas.shared.settings import METRICS_NAMESPACE

RESERVE_S = 20
"""Kept of the invocation's time, for the batch in hand and for handing on the rest."""
logger = Logger(service="event_inbox")
metrics = Metrics(namespace=METRICS_NAMESPACE, service="event_inbox")


@logger.inject_lambda_context
@metrics.log_metrics
@event_source(data_class=SQSEvent)
def handler(event: SQSEvent, context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    """Work on what each message is about; leave in the queue what has to be tried again."""
    deadline = time.monotonic() + context.get_remaining_time_in_millis() / 1_000 - RESERVE_S
    failures = []
    for message in event.records:
        handled = inbox.take(message.body, adapters.connect(), deadline=deadline)
        telemetry.count(metrics, adapters.settings(), handled.counts)
        log = logger.info if handled.done else logger.warning
        log(
            "file of events", result=handled.result, detail=handled.detail, sent=handled.sent, rejected=handled.rejected
        )
        if not handled.done:
            failures.append({"itemIdentifier": message.message_id})
    return {"batchItemFailures": failures}
