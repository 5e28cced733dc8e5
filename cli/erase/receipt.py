"""The receipt: what was found and removed where, and nothing that tells of whom.

Not even a hash of the id is in it: ids are short, and whoever has the receipt could try them all.
"""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from cli.erase.work import Findings

STAYS = (
    "streams, until their retention ends",
    "counts and sums of other entities' windows, which name nobody; the newest event ids in them until they move on",
    "models that were trained before, and reports of runs before",
    "logs, which hold no values of events, until their retention ends",
)


def receipt(findings: Findings, *, action: str, usecase: str, stage: str, field: str) -> dict[str, Any]:
    """The document: counts by place, every rewritten object with its new digest, what stays, and a digest of it all."""
    document: dict[str, Any] = {
        "action": action,
        "usecase": usecase,
        "stage": stage,
        "field": field,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "found": dict(sorted(findings.counts.items())),
        "removed": sum(findings.counts.values()) if action == "erase" else 0,
        "objects": findings.objects,
        "stays": list(STAYS) if action == "erase" else [],
    }
    text = json.dumps(document, sort_keys=True)
    return {**document, "sha256": hashlib.sha256(text.encode()).hexdigest()}
