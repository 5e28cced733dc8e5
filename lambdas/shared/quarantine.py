"""Records that can never be accepted are kept, with the reason and the bytes as they came, for people to look at.

Under a profile of controls nothing is kept of them that could name somebody: see ``headrace.masking.keepable``.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import NamedTuple, Protocol

from headrace.errors import RejectedError
from headrace.masking import keepable
from headrace.usecase import UseCase
from lambdas.shared.stream import Record


class ObjectStore(Protocol):
    """Stores whole objects."""

    def put(self, key: str, body: bytes) -> None:
        """Write one object, replacing any of that key. Raises RetryableError or DependencyError."""


class Rejected(NamedTuple):
    """A record and why it was rejected."""

    record: Record
    error: RejectedError


def json_lines(rows: Sequence[Mapping[str, object]]) -> bytes:
    """One JSON object per line."""
    return b"".join(json.dumps(row, separators=(",", ":"), allow_nan=False).encode() + b"\n" for row in rows)


def object_key(prefix: str, records: Sequence[Record]) -> str:
    """A key that depends on the records alone, so that a retry of the same batch overwrites."""
    first, last = records[0], records[-1]
    return f"{prefix}/{first.shard_id}-{first.sequence_number}-{last.sequence_number}.jsonl"


def quarantine(store: ObjectStore, function: str, rejected: Sequence[Rejected], *, usecase: UseCase) -> None:
    """Write rejected records under ``quarantine/{function}/dt=YYYY-MM-DD/`` (date of arrival, UTC).

    Raises:
        RetryableError: if the store is throttled or cannot be reached.
        DependencyError: if it refuses.
    """
    for date, group in groupby(rejected, key=lambda it: it.record.arrived.date()):
        rows = list(group)
        key = object_key(f"quarantine/{function}/dt={date}", [row.record for row in rows])
        store.put(key, json_lines([_row(row, usecase) for row in rows]))


def evidence(usecase: UseCase, data: bytes) -> str:
    """The bytes in base64; under a profile, only what may be kept of them."""
    return base64.b64encode(keepable(usecase, data) if usecase.compliance.profiles else data).decode()


def _row(rejected: Rejected, usecase: UseCase) -> dict[str, object]:
    return {
        "reason": rejected.error.reason,
        "field": rejected.error.field,
        **rejected.record.columns,
        "data": evidence(usecase, rejected.record.data),
    }
