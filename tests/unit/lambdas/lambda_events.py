"""The functions' environment, and AWS's documented events around bodies of a test's own."""

import base64
import json
import time
from typing import Any

from dynamodb_double import TABLE

ENVIRONMENT = {
    "USECASE": "fraud",
    "STAGE": "dev",
    "STATE_TABLE": TABLE,
    "FEATURE_DELIVERY_STREAM": "features",
    "FEATURE_GROUPS": "customer=customers,terminal=terminals",
    "QUARANTINE_BUCKET": "lake",
    "LAKE_BUCKET": "lake",
    "EVENTS_STREAM": "events",
    "LABELS_STREAM": "labels",
    "LOOKUP_TABLE": "readings",
    "QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/123456789012/label-files",
    "STACK_NAME": "headrace-fraud-dev-endpoint",
    "REACTION_TABLE": "headrace-fraud-dev-reaction",
    "TOPIC_ARN": "arn:aws:sns:eu-west-1:123456789012:topic",
    "MODEL_PACKAGE_GROUP": "versionedmp-p-idy6c3e1fiqj",
}


def kinesis_event(sample: Any, *bodies: bytes | dict[str, object]) -> Any:
    """The documented event with other data, arrived now."""
    records = []
    for number, body in enumerate(bodies):
        record = json.loads(json.dumps(sample["Records"][0]))
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        record["kinesis"] |= {
            "data": base64.b64encode(data).decode(),
            "approximateArrivalTimestamp": time.time(),
            "sequenceNumber": str(int(record["kinesis"]["sequenceNumber"]) + number),
        }
        records.append(record)
    return {"Records": records}


def http_event(sample: Any, method: str, path: str, body: str | None, *, encoded: bool = False) -> Any:
    """The documented event with another request."""
    sample["requestContext"]["http"] |= {"method": method, "path": path}
    return sample | {
        "rawPath": path,
        "body": body,
        "isBase64Encoded": encoded,
        "headers": {"Content-Type": "application/json"},
    }
