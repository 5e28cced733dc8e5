"""Redrive of letters: given-up records count once, in state and in what is logged, whatever has come since."""

import pytest
from feature_versions import by_shard
from given_up import Site
from live_world import dice, enriched, work

from cli.redrive import dead_letters


def test_records_that_were_given_up_count_once_and_their_letters_go(site: Site) -> None:
    found = site.redrive()
    assert (found.found, found.settled, found.records, found.sent) == (2, 2, 6, 6)
    assert found.failures() == []
    assert site.letters() == 0
    site.require_exact()
    again = site.redrive()
    assert (again.found, again.sent) == (0, 0)
    for shard in by_shard(site.world, "events"):
        work(enriched(site.version), shard, dice(0))  # and nothing of it is folded a second time
    site.require_exact()


def test_a_letter_that_comes_twice_changes_nothing(site: Site) -> None:
    site.redrive()
    site.give_up(site.dead[:3])
    found = site.redrive()
    assert (found.found, found.settled) == (1, 1)
    site.require_exact()


def test_a_dry_run_says_what_it_would_do_and_leaves_every_letter(site: Site) -> None:
    found = site.redrive(dry_run=True)
    assert (found.found, found.records, found.sent, found.rebuilt, found.dry_run) == (2, 6, 0, 0, True)
    assert site.functions.given == 0
    assert site.letters() == 2


def test_what_the_stream_has_forgotten_comes_from_the_lake(site: Site) -> None:
    site.world.kinesis.delete_stream(StreamName="events")
    found = site.redrive()
    assert (found.from_lake, found.lost, found.settled) == (6, 0, 2)
    site.require_exact()


def test_what_neither_has_is_said_and_its_letter_stays(site: Site) -> None:
    site.world.kinesis.delete_stream(StreamName="events")
    for it in site.world.s3.list_objects_v2(Bucket="lake", Prefix="events/")["Contents"]:
        site.world.s3.delete_object(Bucket="lake", Key=it["Key"])
    found = site.redrive()
    assert (found.lost, found.settled) == (6, 0)
    assert found.failures() == ["6 records are in neither stream nor lake: ask their producer"]
    assert site.letters() == 2


def test_a_function_that_still_fails_keeps_its_letters(site: Site) -> None:
    site.functions.broken = True
    found = site.redrive()
    assert (found.failed, found.sent, found.settled) == (6, 0, 0)
    assert site.letters() == 2
    site.functions.broken = False
    assert site.redrive().settled == 2
    site.require_exact()


def test_a_redrive_that_was_killed_before_the_rebuild_is_run_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(dead_letters, "rebuild", die)
        patch.setattr(dead_letters, "HIDDEN_S", 0)
        with pytest.raises(KeyboardInterrupt):
            site.redrive()
    assert site.letters() == 2
    assert site.redrive().settled == 2
    site.require_exact()
