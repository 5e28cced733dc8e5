"""What every fuzz of an API holds its answers to, and how many requests it draws."""

from typing import Any

from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
STACK = "".join(("Traceback", " (most recent call last)"))
"""Not one text: Hypothesis sends the texts that it finds in the tests."""
NIGHTLY = settings.default is not None and settings.default.max_examples > 1_000
_PATIENT: Any = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}


def cases(most: int) -> settings:
    """So many examples, however slow they are to draw."""
    return settings(max_examples=most, **_PATIENT)
