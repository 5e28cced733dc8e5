"""Use cases with snapshots, with producers that send again, or with hashed fields."""

from dataclasses import replace

from headrace.usecase import UseCase
from usecases import load


def with_snapshots(usecase: UseCase, cadence: str) -> UseCase:
    """The use case with snapshots of every entity."""
    return replace(usecase, entities=tuple(replace(it, snapshot=cadence) for it in usecase.entities))


def without_duplicates(usecase: UseCase) -> UseCase:
    """The use case where producers send again."""
    return replace(usecase, event=replace(usecase.event, drop_duplicates=True))


def hashing(*names: str) -> UseCase:
    """The fraud use case with some fields hashed on their way to the lake."""
    usecase = load("fraud")
    fields = tuple(replace(it, privacy="hash") if it.name in names else it for it in usecase.event.fields)
    return replace(usecase, event=replace(usecase.event, fields=fields))
