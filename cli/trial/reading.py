"""What the lake knows of a trial: the answers that both variants gave since it began, and the labels that came."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime

from cli import lake
from cli.deployment import Deployment
from headrace.drift.capture import Captured, is_capture, rows
from headrace.errors import RejectedError
from headrace.ground_truth import Truth, read_truths
from headrace.schema import parse_timestamp
from headrace.shadowing import Said
from headrace.trial import Answered, answered

_HOUR = re.compile(r"/(\d{4})/(\d{2})/(\d{2})/(\d{2})/[^/]+$")


def answers(deployment: Deployment, variants: tuple[str, ...], since: int) -> Iterator[Answered]:
    """The captured answers of some variants.

    Args:
        deployment: whose lake and endpoint it is.
        variants: of the endpoint.
        since: epoch seconds; what was answered before does not count.
    """
    for variant in variants:
        for key, row in _captured(deployment, variant, since):
            if (it := answered(key, row)) is not None:
                yield it


def said(deployment: Deployment, variant: str, since: int) -> Iterator[Said]:
    """The captured answers of one variant since a moment, with their scores."""
    for key, row in _captured(deployment, variant, since):
        score = row.columns.get("score")
        if (it := answered(key, row)) is not None and isinstance(score, int | float):
            yield Said(it.inference_id, float(score), it.decision)


def truths(deployment: Deployment, since: int) -> dict[str, Truth]:
    """The label that counts, by inference id, of labels that came since a moment."""
    keys = _keys(deployment, "ground-truth/", since)
    return dict(read_truths((key, _lines(deployment, key)) for key in keys).last)


def _captured(deployment: Deployment, variant: str, since: int) -> Iterator[tuple[str, Captured]]:
    endpoint = deployment.output("serving", "EndpointName")
    for key in _keys(deployment, f"capture/{endpoint}/{variant}/", since):
        for line in _lines(deployment, key):
            for row in _rows(line):
                if not row.time or parse_timestamp(row.time, field="inferenceTime") >= since:
                    yield key, row


def _rows(line: bytes) -> list[Captured]:
    """The rows of a line; a line of somebody else's shape holds no answer of ours."""
    try:
        document = json.loads(line)
        return list(rows(document)) if isinstance(document, dict) and is_capture(document) else []
    except (ValueError, RejectedError):
        return []


def _keys(deployment: Deployment, prefix: str, since: int) -> list[str]:
    """Keys of the folders of hours that end after a moment."""
    first = datetime.fromtimestamp(since, UTC).strftime("%Y%m%d%H")
    return [
        key for key in lake.keys(deployment, prefix) if (hour := _HOUR.search(key)) and "".join(hour.groups()) >= first
    ]


def _lines(deployment: Deployment, key: str) -> list[bytes]:
    body = deployment.s3.get_object(Bucket=deployment.bucket, Key=key)["Body"].read()
    return [line for line in body.splitlines() if line.strip()]
