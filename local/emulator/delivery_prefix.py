"""Where Firehose puts an object: prefix expressions and object names.

Rules: https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html. Expressions are evaluated on the arrival time
of the oldest record in the object, in UTC.
"""

import re
import uuid
from datetime import UTC, datetime

_EXPRESSION = re.compile(r"!\{([^:}]*):([^}]*)\}")
_FIELD = re.compile(r"'([^']*)'|(y+|M+|d+|H+|m+|s+|D+)")
_DEFAULT_TIME = "yyyy/MM/dd/HH/"


class PrefixError(ValueError):
    """The prefix has an expression that Firehose does not know or allow there."""


def check(prefix: str, error_prefix: str) -> None:
    """Check a pair of prefixes as CreateDeliveryStream does.

    Raises:
        PrefixError: an unknown expression, or one that needs what the other prefix lacks.
    """
    evaluate(prefix, at=0.0)
    if error_prefix:
        evaluate(error_prefix, at=0.0, error_type="processing-failed")
        if _EXPRESSION.search(error_prefix) and "!{firehose:error-output-type}" not in error_prefix:
            raise PrefixError("ErrorOutputPrefix with expressions must contain !{firehose:error-output-type}")
    elif _EXPRESSION.search(prefix):
        raise PrefixError("ErrorOutputPrefix is required when Prefix contains expressions")


def evaluate(prefix: str, *, at: float, error_type: str = "") -> str:
    """A prefix at an arrival time.

    Args:
        prefix: ``Prefix`` or ``ErrorOutputPrefix``.
        at: Epoch seconds.
        error_type: ``processing-failed`` or ``format-conversion-failed`` for an ErrorOutputPrefix.

    Raises:
        PrefixError: an expression is unknown or not allowed.
    """
    moment = datetime.fromtimestamp(at, UTC)

    def expand(match: re.Match[str]) -> str:
        namespace, value = match.groups()
        if namespace == "timestamp":
            return _java_format(value, moment)
        if (namespace, value) == ("firehose", "random-string"):
            return uuid.uuid4().hex[:11]
        if (namespace, value) == ("firehose", "error-output-type") and error_type:
            return error_type
        raise PrefixError(f"!{{{namespace}:{value}}} is not allowed here")

    expanded = _EXPRESSION.sub(expand, prefix)
    if "!{timestamp:" not in prefix:
        if error_type and "!{" not in prefix:
            expanded += f"{error_type}/"
        expanded += _java_format(_DEFAULT_TIME, moment)
    return expanded


def object_name(stream: str, version: str, at: float, extension: str) -> str:
    """The part of the key after the prefix: unique, sortable by time."""
    moment = datetime.fromtimestamp(at, UTC)
    return f"{stream}-{version}-{moment:%Y-%m-%d-%H-%M-%S}-{uuid.uuid4()}{extension}"


def _java_format(pattern: str, moment: datetime) -> str:
    values = {
        "y": moment.year,
        "M": moment.month,
        "d": moment.day,
        "H": moment.hour,
        "m": moment.minute,
        "s": moment.second,
        "D": moment.timetuple().tm_yday,
    }

    def field(match: re.Match[str]) -> str:
        literal, letters = match.groups()
        if letters is None:
            return literal or "'"
        value = values[letters[0]]
        return f"{value % 100:02d}" if letters == "yy" else str(value).zfill(len(letters))

    return _FIELD.sub(field, pattern)
