"""What the entry points of inboxes do with their queue's messages, one by one."""

import time
from collections.abc import Callable

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.data_classes import SQSEvent
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.shared import telemetry
from lambdas.shared.files import inbox
from lambdas.shared.settings import EnvSettings

RESERVE_S = 20
"""Kept of the invocation's time, for the batch in hand and for handing on the rest."""


def take_all(
    event: SQSEvent,
    context: LambdaContext,
    inbox_of: Callable[[str], inbox.FileInbox],
    *,
    settings: EnvSettings,
    logger: Logger,
    metrics: Metrics,
) -> dict[str, list[dict[str, str]]]:
    """Work on what each message is about.

    Args:
        event: the messages.
        context: says how much time is left.
        inbox_of: who takes in what a message of this body is about.
        settings: the function's.
        logger: takes one line per message.
        metrics: take what became of each.

    Returns:
        Lambda's partial batch answer: the messages that stay in the queue, because they have to be tried again.
    """
    deadline = time.monotonic() + context.get_remaining_time_in_millis() / 1_000 - RESERVE_S
    failures = []
    for message in event.records:
        handled = inbox.take(message.body, inbox_of(message.body), deadline=deadline)
        telemetry.count(metrics, settings, handled.counts)
        log = logger.info if handled.done else logger.warning
        log("file", result=handled.result, detail=handled.detail, sent=handled.sent, rejected=handled.rejected)
        if not handled.done:
            failures.append({"itemIdentifier": message.message_id})
    return {"batchItemFailures": failures}
