"""What a table is held against: another table, or a baseline that Model Monitor, or we, wrote down."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from headrace.drift import Settings, Summary, documents, imported, noise, seasonal
from headrace.drift.rules import Rule
from headrace.drift.season import Season
from headrace.errors import RejectedError
from pipelines.monitoring.counting import Report, Seasons, Windows, count
from pipelines.monitoring.refusal import TableError


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """What is normal, what it demands beyond that (None: what it shows), and the settings that follow."""

    summary: Summary
    settings: Settings
    rules: Mapping[str, Rule] | None = None


def written(place: Path) -> Path | None:
    """The ``statistics.json`` that a place is or holds; None if it is a table."""
    if place.is_dir() and (place / documents.STATISTICS).is_file():
        return place / documents.STATISTICS
    if place.suffix.lower() != ".json":
        return None
    if place.name == documents.CONSTRAINTS:
        return place.with_name(documents.STATISTICS)
    return place


def read(
    place: Path,
    settings: Settings,
    *,
    thresholds: bool = False,
    seasons: Seasons | None = None,
    slots: frozenset[int] | None = None,
    quiet: Windows | None = None,
    report: Report = lambda _: None,
) -> Baseline:
    """Read a baseline, whichever it is.

    Args:
        place: a table, a folder of tables, a ``statistics.json``, or a folder that holds one.
        settings: what counts as a change.
        thresholds: whether the thresholds of ``constraints.json`` count instead.
        seasons, slots: of a table only rows of these slots count.
        quiet: how far windows of this length of a table are apart is no drift.
        report: called with the number of rows read.

    Raises:
        TableError: if it cannot be read; names the file and the fix.
    """
    statistics = written(place)
    if statistics is None:
        if thresholds:
            raise TableError(f"--thresholds baseline: {place} is a table and has none; give a {documents.CONSTRAINTS}")
        counted = count(place, seasons=seasons, wanted=slots, windows=quiet, report=report)
        restless = replace(settings, noise=_noise(counted.windows)) if quiet else settings
        return Baseline(summary=counted.summary, settings=restless)
    apart = seasons is None or tells(place, seasons.season)
    if quiet is not None or not apart:
        raise TableError(f"--season, --quiet: {place} does not tell hours apart; give the table that it was made of")
    constraints = statistics.with_name(documents.CONSTRAINTS)
    if thresholds and not constraints.is_file():
        raise TableError(f"--thresholds baseline: there is no {constraints}; put it beside {statistics.name}")
    demands = _document(constraints) if constraints.is_file() else None
    settings = _with_noise(settings, statistics.with_name(documents.NOISE))
    try:
        found = imported.read(_document(statistics), demands, settings, thresholds=thresholds)
    except RejectedError as exc:
        raise TableError(f"{statistics}: {exc}; give the files of a baseline job") from exc
    made = Baseline(summary=found.summary, settings=found.settings, rules=found.rules)
    return made if seasons is None else _of_slots(made, statistics, seasons.season, slots or frozenset())


def tells(place: Path, season: Season) -> bool:
    """Whether a baseline that was written down tells the hours of a season apart."""
    statistics = written(place)
    beside = statistics.with_name(seasonal.DOCUMENT) if statistics else None
    return beside is not None and beside.is_file() and seasonal.of_season(_document(beside), season)


def _of_slots(made: Baseline, statistics: Path, season: Season, slots: frozenset[int]) -> Baseline:
    """The rows of the same hours in the place of all, and as noise what these hours differ by from week to week."""
    place = statistics.with_name(seasonal.DOCUMENT)
    try:
        summary, restless = seasonal.read(_document(place), season, slots)
    except RejectedError as exc:
        raise TableError(f"{place}: {exc}") from exc
    if not summary.rows:
        raise TableError(
            f"{place}: no row is of the current table's hours; train on more of the past, or use no season"
        )
    # A column without a row of these hours, such as scores of few days, is held against all of its rows.
    summary = Summary(rows=summary.rows, columns={**made.summary.columns, **summary.columns})
    return replace(made, summary=summary, settings=replace(made.settings, noise=restless))


def _with_noise(settings: Settings, place: Path) -> Settings:
    """Settings that know what the baseline says of quiet windows, unless they know better."""
    if settings.noise or not place.is_file():
        return settings
    try:
        distances = {str(name): float(it) for name, it in _document(place)["distances"].items()}
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise TableError(f"{place}: holds no distances; write it anew, or take it away") from exc
    return replace(settings, noise=distances)


def _noise(windows: Mapping[int, Summary]) -> Mapping[str, float]:
    """The noise between whole windows: those at the ends may hold too few rows to be like the others."""
    usual = median(it.rows for it in windows.values()) if windows else 0
    return noise([windows[start] for start in sorted(windows) if 2 * windows[start].rows >= usual])


def _document(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except OSError as exc:
        raise TableError(f"{path}: cannot be read ({exc.strerror}); check the path") from exc
    except ValueError as exc:
        raise TableError(f"{path}: is no JSON; give the files of a baseline job") from exc
