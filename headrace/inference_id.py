"""The id under which an answer is captured: whoever sends, labels or looks for its event makes it the same way."""

import hashlib

LONGEST_ID = 64
"""Of an inference id, in characters."""


def inference_id(event_id: str) -> str:
    """The id under which SageMaker captures an answer: the event's own if it may be one, else a hash of it.

    SageMaker takes at most 64 printable ASCII characters in a header, which loses spaces at the ends. The ground truth
    of the event carries the same id.
    """
    if len(event_id) <= LONGEST_ID and event_id.isascii() and event_id.isprintable() and event_id == event_id.strip():
        return event_id
    return hashlib.sha256(event_id.encode()).hexdigest()
