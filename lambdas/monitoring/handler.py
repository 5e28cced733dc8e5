"""Entry point of monitoring: plans a run for the state machine, and publishes what a run found as metrics."""

import sys
import time
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.monitoring import adapters, logic
from lambdas.monitoring.metrics import published
from lambdas.monitoring.native import ENDPOINT_CHANGE, adopt

logger = Logger(service="monitoring")


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Publish the violations that a key or an S3 event names; adopt a model that went into service; else plan."""
    key = event.get("published") or event.get("detail", {}).get("object", {}).get("key")
    function = adapters.connect()
    if event.get("detail-type") == ENDPOINT_CHANGE:
        return {"adopted": adopt(function)}
    if key is None:
        planned = logic.plan(event, function)
        logger.info("monitor", kind=event["kind"], ready=planned["ready"], reason=planned.get("reason", ""))
        return planned
    usecase, stage = function.usecase.name, function.stage
    for line in published(str(key), usecase=usecase, stage=stage, lake=function.lake, now_s=time.time()):
        sys.stdout.write(line + "\n")  # the embedded metric format is a line of the log by itself
    return {"published": key}
