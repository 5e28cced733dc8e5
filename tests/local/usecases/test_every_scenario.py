"""A week of every named change, held against four usual weeks by the monitor: it is told, and a usual week is not."""

import numpy as np
import pandas as pd
import pytest
from pages import Page, row_of_scenario

import simulators
import usecases
from cli.backfill.history import known
from cli.demo import START
from headrace.drift import Settings, Summary, compare, merged, noise, summarize
from headrace.usecase import UseCase
from headrace.windows_columnar import training_frame

pytestmark = pytest.mark.usecases
DAY, PER_DAY, QUIET, DAYS = 86_400, 400, 28, 7
NAMES = [name for name in usecases.names() if name != "fraud"]
CHANGES = [(name, it) for name in NAMES for it in simulators.scenarios(name) if it != simulators.USUAL]


def seen(usecase: UseCase, rows: pd.DataFrame) -> Summary:
    return summarize({name: rows[name].to_numpy(dtype=np.float64) for name in usecase.feature_names})


def moved(usecase: UseCase, world: pd.DataFrame, since: int) -> dict[str, float]:
    """How far each drifted feature has moved from the four weeks before ``since``."""
    time, label = usecase.event.timestamp, usecase.label.field
    labels = world[world[label].notna()]
    labels = labels.assign(labelled_at=labels[time] + usecase.label.delay_s)
    frame = training_frame(usecase, world.drop(columns=label), known(usecase, labels))
    before = frame[(frame[time] >= since - QUIET * DAY) & (frame[time] < since)]
    weeks = [seen(usecase, rows) for _, rows in before.groupby((since - 1 - before[time]) // (7 * DAY))]
    found = compare(merged(weeks), seen(usecase, frame[frame[time] >= since]), Settings(noise=noise(weeks)))
    return {it.name: it.distance for it in found.columns.values() if it.drifted}


def changed(name: str, scenario: str) -> tuple[dict[str, float], tuple[float, float]]:
    """What drifted, and the rate of the truth before and after."""
    usecase, past = usecases.load(name), simulators.history_days(name)
    since = START + past * DAY
    world = simulators.load(name)(
        start=START, days=past + DAYS, per_day=PER_DAY, seed=7, scenario=scenario, since=since
    )
    after = world[usecase.event.timestamp] >= since
    truth = world[usecase.label.field]
    return moved(usecase, world, since), (float(truth[~after].mean()), float(truth[after].mean()))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", NAMES)
def test_a_usual_week_is_nothing_to_tell_of(name: str) -> None:
    drifted, _ = changed(name, simulators.USUAL)
    assert max(drifted.values(), default=0) < usecases.load(name).reaction.notify_from


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("name", "scenario"), CHANGES)
def test_a_week_of_a_named_change_is_told_as_its_page_says(name: str, scenario: str, page: Page) -> None:
    drifted, rates = changed(name, scenario)
    assert max(drifted.values()) > usecases.load(name).reaction.notify_from
    page.require(row_of_scenario(scenario, simulators.scenarios(name)[scenario], drifted, rates))
