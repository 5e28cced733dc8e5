"""The regular expressions of AWS's service models, which are written for Java."""

import re
from functools import lru_cache

# Java's Unicode classes, which Python's re does not know. Only whole classes of them occur in the models.
_JAVA_CLASSES = (
    (re.compile(r"\[(?:\\p\{[LMZSNP]\})+\]"), r"[^\x00-\x08\x0b\x0c\x0e-\x1f]"),
    (re.compile(r"\\p\{ASCII\}"), r"[\x00-\x7f]"),
    (re.compile(r"\[\\p\{Print\}\]"), r"[\x20-\x7e]"),
    (re.compile(r"\\z"), r"\Z"),
)


@lru_cache(maxsize=512)
def compiled(text: str) -> re.Pattern[str] | None:
    """The pattern in Python's dialect, None if it has no counterpart there."""
    for java, python in _JAVA_CLASSES:
        text = python.join(java.split(text))
    try:
        return re.compile(text)
    except re.error:
        return None  # length and type are still checked
