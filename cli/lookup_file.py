"""Files of readings: what a use case looks up of its past events, by the rule by which the platform does."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from cli.event_columns import Column, epoch_seconds, field_values
from cli.event_file import rows
from headrace.errors import UseCaseError
from headrace.lookups import GIVEN_AT
from headrace.usecase import Lookup, UseCase
from headrace.windows_columnar.lookups import look_up


def filled(usecase: UseCase, events: pd.DataFrame, given: Sequence[str]) -> pd.DataFrame:
    """Events with what held at their times, in the fields that their files do not have.

    Args:
        usecase: whose events they are.
        events: as ``event_file.read`` returns them.
        given: ``NAME=FILE`` texts; several files of one look-up count together.

    Raises:
        UseCaseError: if a text, a file or a column of it is wrong; the message names it.
    """
    if not usecase.lookups and not given:
        return events
    paths: dict[str, list[Path]] = {}
    for text in given:
        name, path = _named(usecase, text)
        paths.setdefault(name, []).append(path)
    known = {it.name: it for it in usecase.lookups}
    return look_up(usecase, events, {name: _readings(usecase, known[name], files) for name, files in paths.items()})


def _named(usecase: UseCase, text: str) -> tuple[str, Path]:
    name, equals, path = text.partition("=")
    if not (name and equals and path):
        raise UseCaseError("--lookup", f"{text!r} is not NAME=FILE", "for example weather=weather.csv")
    known = [it.name for it in usecase.lookups]
    if name not in known:
        fix = f"use one of {', '.join(known)}" if known else "leave --lookup out"
        raise UseCaseError("--lookup", f"{usecase.name} looks up no {name!r}", fix)
    return name, Path(path)


def _readings(usecase: UseCase, lookup: Lookup, paths: Sequence[Path]) -> pd.DataFrame:
    shape = usecase.event
    names = {name: name for name in (lookup.key, shape.timestamp, *lookup.fields, GIVEN_AT)}
    raw, row = rows(paths, usecase, names, {lookup.key, shape.timestamp})
    read = {
        name: field_values(Column(raw[name], name, row), shape.field(name))
        for name in (lookup.key, shape.timestamp, *lookup.fields)
        if name in raw
    }
    if GIVEN_AT in raw:
        told = raw[GIVEN_AT].dropna()  # what does not say when it was given, was given before all that does
        moments = epoch_seconds(Column(told, GIVEN_AT, lambda number: row(int(told.index[number]))))
        read[GIVEN_AT] = moments.reindex(raw.index, fill_value=0)
    return pd.DataFrame(read)
