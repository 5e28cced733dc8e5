"""What Kinesis refuses, in Kinesis's words, and how it numbers records.

Limits: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html; a record is data plus partition
key, 1 MiB unless the stream raises it. The model allows a 10 MiB blob, so a record over the stream's own limit is an
InvalidArgumentException and only the shape's bounds are ValidationExceptions.
"""

import binascii
import threading
from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Any

RECORD_BYTES = 1024 * 1024
REQUEST_BYTES = 10 * 1024 * 1024
REQUEST_RECORDS = 500
_BLOB_BYTES = 10 * 1024 * 1024
_KEY_CHARACTERS = 256


class RefusedError(Exception):
    """The request breaks a limit. ``code`` is the AWS error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def check_record(record: Mapping[str, Any], where: str = "") -> int:
    """Check one record as it is on the wire and return its size in bytes.

    Args:
        record: ``Data`` in base64 and ``PartitionKey``.
        where: Prefix of the member's path in the message: ``records.3.member.`` inside PutRecords.

    Raises:
        RefusedError: with the code and message that AWS gives.
    """
    key, data = record.get("PartitionKey"), record.get("Data")
    if not isinstance(key, str) or not isinstance(data, str):
        missing = "partitionKey" if not isinstance(key, str) else "data"
        raise _constraint(f"{where}{missing}", "Member must not be null")
    if not 1 <= len(key) <= _KEY_CHARACTERS:
        bound = "greater than or equal to 1" if not key else f"less than or equal to {_KEY_CHARACTERS}"
        raise _constraint(f"{where}partitionKey", f"Member must have length {bound}")
    size = _decoded_bytes(data)
    if size > _BLOB_BYTES:
        raise _constraint(f"{where}data", f"Member must have length less than or equal to {_BLOB_BYTES}")
    size += len(key.encode())
    if size > RECORD_BYTES:
        message = f"Record size of {size} bytes exceeds the maximum record size of {RECORD_BYTES} bytes of the stream"
        raise RefusedError("InvalidArgumentException", message)
    return size


def check_request(records: Sequence[Mapping[str, Any]]) -> None:
    """Check a PutRecords request; one bad record refuses all of it, as on AWS.

    Raises:
        RefusedError: with the code and message that AWS gives.
    """
    if not 1 <= len(records) <= REQUEST_RECORDS:
        bound = "greater than or equal to 1" if not records else f"less than or equal to {REQUEST_RECORDS}"
        raise _constraint("records", f"Member must have length {bound}")
    total = sum(check_record(record, f"records.{index}.member.") for index, record in enumerate(records, 1))
    if total > REQUEST_BYTES:
        raise RefusedError("InvalidArgumentException", f"Records size exceeds {REQUEST_BYTES >> 20} MB limit")


def _constraint(where: str, requirement: str) -> RefusedError:
    message = f"1 validation error detected: Value at '{where}' failed to satisfy constraint: {requirement}"
    return RefusedError("ValidationException", message)


def _decoded_bytes(data: str) -> int:
    if len(data) % 4:
        raise RefusedError("SerializationException", "Data is not valid base64")
    try:
        b64decode(data[-4:], validate=True)
    except binascii.Error as exc:
        raise RefusedError("SerializationException", "Data is not valid base64") from exc
    return len(data) // 4 * 3 - data.count("=", -2)


class Sequencer:
    """Numbers records with 56 digits that only grow, as long as those of the service."""

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.Lock()

    def next(self, epoch_s: float) -> str:
        """The next sequence number for a record that arrives at ``epoch_s``."""
        with self._lock:
            self._last += 1
            return f"49{int(epoch_s * 1000):015d}{self._last:039d}"
