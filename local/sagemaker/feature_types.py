"""Values of Feature Store features: what may be written for each type, and the time of an event."""

import datetime as dt
import math
import re
from collections.abc import Mapping

from local.sagemaker.errors import ServiceError
from local.sagemaker.platform import Record

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{3})?Z")
_INTEGRAL = re.compile(r"[+-]?\d{1,19}")
_MAX_STRING_BYTES = 350 * 1024


def rejected(message: str) -> ServiceError:
    """The runtime's ValidationError."""
    return ServiceError("ValidationError", f"Validation Error: {message}")


def event_time(text: str, feature_type: str) -> float:
    """Epoch seconds of an event time.

    Args:
        text: ``yyyy-MM-dd'T'HH:mm:ssZ`` with optional milliseconds for a String feature, epoch seconds for a
            Fractional one.
        feature_type: type of the event time feature.

    Raises:
        ServiceError: ValidationError, if it is neither.
    """
    try:
        if feature_type != "String":
            seconds = float(text)
            if not math.isfinite(seconds) or seconds < 0:
                raise ValueError(text)
            return seconds
        if not _ISO.fullmatch(text):
            raise ValueError(text)
        return dt.datetime.fromisoformat(text).timestamp()
    except ValueError as exc:
        raise rejected(f"EventTime value {text!r} is not a valid timestamp for a {feature_type} feature.") from exc


def check(name: str, value: Record, definition: Record) -> None:
    """Check one value against its feature. Raises ServiceError (ValidationError)."""
    collection = definition.get("CollectionType")
    if collection is None:
        if "ValueAsString" not in value or "ValueAsStringList" in value:
            raise rejected(f"Feature {name} takes exactly one ValueAsString.")
        _check_text(name, value["ValueAsString"], definition["FeatureType"])
        return
    if "ValueAsStringList" not in value or "ValueAsString" in value:
        raise rejected(f"Feature {name} is a {collection} and takes exactly one ValueAsStringList.")
    for text in value["ValueAsStringList"]:
        _check_text(name, text, definition["FeatureType"])


def _check_text(name: str, text: str, feature_type: str) -> None:
    problem = False
    if feature_type == "Integral":
        problem = not _INTEGRAL.fullmatch(text) or not -(2**63) <= int(text) < 2**63
    elif feature_type == "Fractional":
        try:
            problem = math.isnan(float(text)) and text.lower() != "nan"
        except ValueError:
            problem = True
    else:
        problem = len(text.encode()) > _MAX_STRING_BYTES
    if problem:
        raise rejected(f"Value {text[:100]!r} of feature {name} is not of type {feature_type}.")


def typed(value: Record | None, definition: Mapping[str, str]) -> str | int | float | list[str] | None:
    """A checked value as the offline store keeps it."""
    if value is None:
        return None
    if "ValueAsStringList" in value:
        return list(value["ValueAsStringList"])
    text: str = value["ValueAsString"]
    kind = definition["FeatureType"]
    return int(text) if kind == "Integral" else float(text) if kind == "Fractional" else text
