"""Quarantined records looked at again: the use case may have changed, and what it takes now goes onto its stream.

Neither state nor lake has them, so they travel like new ones. Each object is worked off by itself: what it is about to
send is noted in the lake first, and a run that finds such a note looks through the stream for what was sent already.
"""

import base64
import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from cli.deployment import Deployment
from cli.lake import keys
from cli.plan import Report
from cli.producer import Record, put
from cli.redrive.sent import sent_since
from cli.redrive.terms import Redriven
from headrace.errors import RejectedError
from headrace.schema import parse_event, parse_label, parse_timestamp
from headrace.usecase import UseCase
from lambdas.shared.quarantine import json_lines
from lambdas.shared.stream import CLOCK_SKEW_S

FOLDERS = {"enrichment": "EventsStreamName", "ground_truth": "LabelsStreamName"}
"""Functions whose rejects came from a stream, and which. Lines of files stay with their files: drop those again."""
NOTES = "redrive/"
_LONGEST_KEY = 256


@dataclass(frozen=True)
class Row:
    """One rejected record, and the key that it would travel under; None as long as it is refused."""

    content: dict[str, Any]
    data: bytes
    key: str | None


def redrive_quarantine(deployment: Deployment, report: Report, *, dry_run: bool) -> Redriven:
    """Send what is valid by now, keep the rest.

    Args:
        deployment: the platform.
        report: called while it works.
        dry_run: only look.

    Returns:
        Counts.

    Raises:
        RetryableError: if a stream keeps refusing.
    """
    counts: Counter[str] = Counter()
    for function, output in FOLDERS.items():
        for key in keys(deployment, f"quarantine/{function}/"):
            report(counts["found"], 0, key)
            counts["found"] += 1
            rows = _rows(deployment, key, function)
            valid = [row for row in rows if row.key is not None]
            counts.update(records=len(rows), kept=len(rows) - len(valid))
            if dry_run or not valid:
                continue
            _send(deployment, key, deployment.output("ingestion", output), valid)
            _keep(deployment, key, [row for row in rows if row.key is None])
            counts.update(sent=len(valid), settled=len(valid) == len(rows))
    return Redriven(source="quarantine", dry_run=dry_run, **counts)


def _rows(deployment: Deployment, key: str, function: str) -> list[Row]:
    body = deployment.s3.get_object(Bucket=deployment.bucket, Key=key)["Body"].read()
    found = []
    for line in body.splitlines():
        content = json.loads(line)
        data = base64.b64decode(content["data"])
        found.append(Row(content, data, _key(deployment.usecase, data, content, function)))
    return found


def _key(usecase: UseCase, data: bytes, content: dict[str, Any], function: str) -> str | None:
    latest = parse_timestamp(content["arrived_at"], field="arrived_at") + CLOCK_SKEW_S
    try:
        if function == "enrichment":
            event = parse_event(usecase, data, latest=latest)
            return str(event[usecase.primary.key])[:_LONGEST_KEY]
        return parse_label(usecase, data, latest=latest).keys[usecase.primary.name][:_LONGEST_KEY]
    except RejectedError:
        return None


def _send(deployment: Deployment, key: str, stream: str, rows: list[Row]) -> None:
    """Put rows on the stream, without those that a run before this one has put there."""
    note = f"{NOTES}{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"
    known = keys(deployment, note)
    already = sent_since(deployment, stream, note) if known else Counter[bytes]()
    if not known:
        deployment.s3.put_object(Bucket=deployment.bucket, Key=note, Body=json.dumps({"object": key}).encode())
    records = []
    for row in rows:
        if already[row.data]:
            already[row.data] -= 1
        else:
            records.append(Record(row.data, str(row.key)))
    put(deployment.kinesis, stream, records)


def _keep(deployment: Deployment, key: str, rest: list[Row]) -> None:
    """Leave what is still refused; then the note may go."""
    if rest:
        body = json_lines([row.content for row in rest])
        deployment.s3.put_object(Bucket=deployment.bucket, Key=key, Body=body, ContentType="application/x-ndjson")
    else:
        deployment.s3.delete_object(Bucket=deployment.bucket, Key=key)
    note = f"{NOTES}{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"
    deployment.s3.delete_object(Bucket=deployment.bucket, Key=note)
