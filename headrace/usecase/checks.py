"""Checks that a definition makes of itself; each failure names the field, what is wrong, and the fix."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from headrace import duration
from headrace.errors import UseCaseError

if TYPE_CHECKING:
    from headrace.usecase.event import Field

RESERVED = frozenset(
    {
        "shard_id",
        "sequence_number",
        "arrived_at",
        "score",
        "decision",
        "model_version",
        "degraded",
        "latency_ms",
        "labelled_at",
        "dt",
        "hh",
    }
)
"""Columns that the lake adds to events, logged vectors and labels; a use case cannot use these names."""
_KEY_BYTES = 2_048
"""Of a partition key in DynamoDB; a call with one that is longer fails whole, for whoever else is in it."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


def require(ok: bool, where: str, problem: str, fix: str) -> None:
    """Raise UseCaseError unless ``ok``."""
    if not ok:
        raise UseCaseError(where, problem, fix)


def require_name(name: str, where: str) -> None:
    """Require something that can be a column, a feature and a part of resource names."""
    require(bool(_NAME.fullmatch(name)), where, f"{name!r} is not a name", "use lower case letters, digits and _")
    require(name not in RESERVED, where, f"{name!r} is a column of the lake", "choose another name")


def require_one_of(value: str, choices: Iterable[str], where: str) -> None:
    """Require one of the known choices."""
    known = tuple(choices)
    if value not in known:  # sorted and told only then: cold starts check every name of a use case
        raise UseCaseError(where, f"{value!r} is unknown", f"use one of {', '.join(sorted(known))}")


def require_unique(names: Iterable[str], where: str) -> None:
    """Require that no name is there twice."""
    seen: set[str] = set()
    for name in names:
        require(name not in seen, where, f"{name!r} is there twice", "give each its own name")
        seen.add(name)


def require_duration(text: str, where: str) -> int:
    """Require a duration such as ``7d``. Returns seconds."""
    try:
        return duration.seconds(text)
    except ValueError as exc:
        raise UseCaseError(where, "wrong duration", str(exc)) from exc


def require_key(field: "Field", name: str, where: str) -> None:
    """Require a field by whose text items are kept, each under a partition key ``name#text``."""
    require(
        field.type == "string" and field.required,
        where,
        f"{field.name!r} is not a required string",
        "make it Field(type='string')",
    )
    longest = (_KEY_BYTES - len(name) - 1) // 4
    require(
        field.max_length <= longest,
        where,
        f"{field.name!r} may be longer than a key of DynamoDB",
        f"set max_length={longest} or less",
    )
