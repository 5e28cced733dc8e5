"""Entry point of a monitor's run in a function: the state machine asks for it as it asks for a processing job."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.monitor_run import adapters, logic

logger = Logger(service="monitor_run")
_RESERVE_S = 20.0
"""To write the documents, or to say that the job was lost, before the function's own time is over."""


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Judge the window that was planned."""
    within_s = context.get_remaining_time_in_millis() / 1_000 - _RESERVE_S
    found = logic.run(event, adapters.connect(), within_s=within_s)
    logger.info("monitor", kind=event["kind"], folder=event["folder"], **found)
    return found
