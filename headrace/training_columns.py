"""The columns of a training set: one rule for whoever writes it and for the jobs that read it.

Id and time have common names whatever a use case calls them, so that jobs, gates and reports need not ask.
"""

from typing import Literal

from headrace.errors import UseCaseError
from headrace.usecase import UseCase

EVENT_ID = "event_id"
TIMESTAMP = "timestamp"
LABEL = "label"
Kind = Literal["text", "seconds", "number", "truth"]
"""What a column holds: text, whole seconds since the epoch, a number that may be missing, or 0 and 1."""


def training_columns(usecase: UseCase) -> dict[str, Kind]:
    """Every column and what it holds, in order: id, time, entity keys, fields of facets, features, label.

    Raises:
        UseCaseError: if two columns would have one name.
    """
    named: list[tuple[str, Kind]] = [(EVENT_ID, "text"), (TIMESTAMP, "seconds")]
    named += [(entity.key, "text") for entity in usecase.entities]
    for field in map(usecase.event.field, usecase.facet_fields):
        named.append((field.name, "text" if field.type == "string" else "number"))
    named += [(name, "number") for name in usecase.feature_names]
    named.append((LABEL, "truth"))
    columns = dict(named)
    if len(columns) < len(named):
        names = [name for name, _ in named]
        twice = next(name for name in names if names.count(name) > 1)
        raise UseCaseError("event", f"{twice!r} would be two columns of the training set", "rename the field")
    return columns


def common_names(usecase: UseCase) -> dict[str, str]:
    """From a use case's own names of id and time to those of a training set."""
    return {usecase.event.id: EVENT_ID, usecase.event.timestamp: TIMESTAMP}
