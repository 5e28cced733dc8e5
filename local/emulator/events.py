"""Events that AWS services put on the default bus."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from local.emulator.ministack_core import ACCOUNT_ID, REGION, module, scope


def put(source: str, detail_type: str, detail: Mapping[str, Any], resources: Sequence[str] = ()) -> None:
    """Put one ``aws.*`` event on the default bus; rules match and targets get it before this returns.

    Args:
        source: ``aws.sagemaker``, ``aws.cloudwatch``, ...
        detail_type: As EventBridge names it.
        detail: The event's own document.
        resources: ARNs the event is about.
    """
    entry = {
        "Source": source,
        "DetailType": detail_type,
        "Detail": json.dumps(detail, default=str),
        "Resources": [arn for arn in resources if arn],
    }
    with scope(ACCOUNT_ID, REGION):
        module("services.eventbridge")._put_events({"Entries": [entry]}, allow_aws_source=True)
