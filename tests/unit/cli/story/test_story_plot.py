"""A story is planned from its scenario: it begins on a Monday, and lasts as long as its labels need."""

import datetime as dt

import pytest

import usecases
from cli.story import Story
from cli.story.plot import DAY_S, USUAL_DAYS
from headrace.errors import UseCaseError

FRAUD = usecases.load("fraud")
NOW = 1_795_500_000.0


def story(scenario: str, events: int = 10_500) -> Story:
    return Story.of(FRAUD, scenario, events=events, seed=7, now=NOW)


def test_it_begins_on_the_next_monday() -> None:
    at = dt.datetime.fromtimestamp(story("none").at, dt.UTC)
    assert (at.strftime("%A"), at.hour, at.minute) == ("Monday", 0, 0)
    assert 0 <= story("none").at - NOW < 7 * DAY_S


def test_a_change_that_only_labels_show_is_watched_until_they_came_and_were_learned() -> None:
    changed = story("concept")
    assert changed.since == changed.at + USUAL_DAYS * DAY_S
    assert changed.days * DAY_S > USUAL_DAYS * DAY_S + FRAUD.label.delay_s + 3 * DAY_S
    assert story("upstream-break").days < changed.days


def test_nothing_changes_in_a_usual_world() -> None:
    assert story("none").since is None
    assert story("seasonal").since is None


def test_the_world_has_a_past_and_about_as_many_events_as_were_asked_for() -> None:
    planned = story("flash-sale", events=3_000)
    world = planned.world()
    streamed = world[world["timestamp"] >= planned.at]
    assert len(streamed) == pytest.approx(3_000, rel=0.1)
    assert world["timestamp"].max() < planned.at + planned.days * DAY_S
    assert world["timestamp"].min() < planned.at - 30 * DAY_S


def test_an_unknown_scenario_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UseCaseError, match=r"there is no scenario 'flood'.*concept"):
        story("flood")
