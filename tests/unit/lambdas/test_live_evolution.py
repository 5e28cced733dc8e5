"""Features change while the stream goes on: nothing fails or is lost, old features stay exact, new ones become it."""

import pytest
from feature_versions import (
    NEW,
    OLD,
    agree,
    by_shard,
    deploy_in_the_middle,
    events,
    expected,
    labels,
    probes,
    run,
)
from live_world import World, dice, enriched, labelled, work


@pytest.mark.parametrize("number", range(4))
def test_a_window_is_added_while_events_stream(world: World, number: int) -> None:
    seed = dice(number)
    old, new = world.version(OLD), world.version(NEW)
    sent = events(seed, 240)
    world.send("events", sent)
    for shard in by_shard(world, "events"):
        deploy_in_the_middle(world, old, new, seed, shard)
        world.deliver(shard[: seed.randint(len(shard) // 2, len(shard))], twice=True)  # the rest is in the stream only
    for version in (old, new):
        for probe, wanted in zip(probes(), expected(OLD, sent, []), strict=True):
            vector = version.vector(probe)
            agree({name: vector[name] for name in OLD.feature_names}, wanted)
    found = run(world, NEW)
    assert found.failures() == []
    assert found.partial > 0
    assert found.rebuilt >= found.partial
    for probe, wanted in zip(probes(), expected(NEW, sent, []), strict=True):
        agree(new.vector(probe), wanted)
    again = run(world, NEW)
    assert (again.partial, again.rebuilt, again.created) == (0, 0, 0)


def test_labels_are_rebuilt_too_and_entities_that_had_none_get_theirs(world: World) -> None:
    seed = dice(7)
    old, new = world.version(OLD), world.version(NEW)
    sent = events(seed, 200)
    given = labels(seed, sent)
    world.send("events", sent)
    world.send("labels", given)
    for shard in by_shard(world, "events"):
        deploy_in_the_middle(world, old, new, seed, shard)
        world.deliver(shard)
    for shard in by_shard(world, "labels"):
        cut = len(shard) // 2
        work(labelled(old), shard[:cut], seed)
        work(labelled(new), shard[cut:], seed)
    assert run(world, NEW).failures() == []
    for probe, wanted in zip(probes(), expected(NEW, sent, given), strict=True):
        agree(new.vector(probe), wanted)


def test_the_stream_goes_on_after_a_rebuild_and_stays_exact(world: World) -> None:
    seed = dice(3)
    old, new = world.version(OLD), world.version(NEW)
    sent = events(seed, 160)
    world.send("events", sent[:120])
    counted = {shard: len(records) for shard, records in world.records("events").items()}
    for shard in by_shard(world, "events"):
        deploy_in_the_middle(world, old, new, seed, shard)
        world.deliver(shard)
    run(world, NEW)
    world.send("events", sent[120:])
    for name, records in world.records("events").items():
        if records:
            work(enriched(new), records, seed)  # from the beginning: what is folded already is passed over
            assert len(records) >= counted[name]
    for probe, wanted in zip(probes(), expected(NEW, sent, []), strict=True):
        agree(new.vector(probe), wanted)


def test_going_back_to_the_old_code_harms_no_old_feature(world: World) -> None:
    seed = dice(5)
    old, new = world.version(OLD), world.version(NEW)
    sent = events(seed, 120)
    world.send("events", sent)
    for shard in by_shard(world, "events"):
        third = len(shard) // 3
        for version, records in ((old, shard[:third]), (new, shard[third : 2 * third]), (old, shard[2 * third :])):
            work(enriched(version), records, seed)
        world.deliver(shard)
    for probe, wanted in zip(probes(), expected(OLD, sent, []), strict=True):
        agree(old.vector(probe), wanted)
    assert run(world, OLD).failures() == []
    for probe, wanted in zip(probes(), expected(OLD, sent, []), strict=True):
        agree(old.vector(probe), wanted)
