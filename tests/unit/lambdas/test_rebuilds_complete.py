"""What a rebuild makes whole: every record that the lake has, of whatever origin, and nothing where one is missing."""

from dataclasses import replace

import pandas as pd
import pytest
from feature_versions import (
    DAY_S,
    NEW,
    NOW,
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

from cli.backfill.history import History, known
from cli.backfill.lake import event_days, label_days, write_events, write_labels
from cli.backfill.states import announce, write_states
from cli.deployment import Deployment
from cli.rebuild.terms import Scope
from cli.rebuild.writing import rebuild
from headrace.windows_columnar import entity_states
from pipelines.training_set.bucket import Bucket


def test_a_lake_that_lacks_a_record_is_noticed_and_the_item_left_alone(world: World) -> None:
    seed = dice(2)
    old, new = world.version(OLD), world.version(NEW)
    sent = events(seed, 60)
    world.send("events", sent)
    for shard in by_shard(world, "events"):
        work(enriched(old), shard, seed)
        world.deliver([*shard[:-3], *shard[-2:]])
    for stream in ("events", "labels"):
        world.kinesis.delete_stream(StreamName=stream)  # what was in it is long gone
    before = {(it["entity"]["S"], it["source"]["S"]): it for it in world.double.items()}
    found = run(world, NEW)
    assert found.incomplete == 4  # a customer and a terminal of each shard
    assert found.failures() == ["4 items hold records that the lake lacks"]
    changed = [key for key, it in before.items() if it not in world.double.items() and not key[0].startswith("#")]
    assert len(changed) == found.rebuilt
    for probe, wanted in zip(probes(), expected(OLD, sent, []), strict=True):
        vector = new.vector(probe)
        agree({name: vector[name] for name in OLD.feature_names}, wanted)


def test_a_deployment_without_items_has_nothing_to_rebuild(world: World) -> None:
    deployment: Deployment = world.deployment(NEW)
    assert rebuild(deployment, Scope(), lambda *_: None).failures() == []


@pytest.mark.parametrize("drops", [False, True], ids=["copies count", "copies are dropped"])
def test_a_rebuild_of_what_the_stream_left_changes_nothing(world: World, drops: bool) -> None:
    seed = dice(9)
    usecase = replace(NEW, event=replace(NEW.event, drop_duplicates=drops))
    version = world.version(usecase)
    sent = events(seed, 120)
    for _ in range(40):  # a producer sends again what it sent a little while ago
        at = seed.randrange(len(sent))
        sent.insert(min(len(sent), at + seed.randint(1, 9)), sent[at])
    world.send("events", sent)
    for shard in by_shard(world, "events"):
        work(enriched(version), shard, seed)
        world.deliver(shard[: len(shard) // 2])
    found = run(world, usecase)
    assert (found.partial, found.rebuilt, found.created, found.incomplete) == (0, 0, 0, 0)
    assert found.unchanged > 0
    for probe, wanted in zip(probes(), expected(usecase, sent, []), strict=True):
        agree(version.vector(probe), wanted)


def test_history_that_was_backfilled_is_rebuilt_from_its_own_rows(world: World) -> None:
    seed = dice(11)
    old, new = world.version(OLD), world.version(NEW)
    sent = events(seed, 160)
    given = labels(seed, sent)
    cut = NOW - 20 * DAY_S
    past = pd.DataFrame([row for row in sent if row["timestamp"] < cut]).sort_values(["timestamp", "event_id"])
    known_then = pd.DataFrame([row for row in given if row["labelled_at"] < cut])
    deployment = world.deployment(OLD)
    history = History(usecase=OLD, events=past, labels=known(OLD, known_then), at=cut)
    store = Bucket(deployment.bucket, deployment.s3)
    for day, rows in event_days(history):
        write_events(store, OLD, day, rows)
    for day, rows in label_days(history):
        write_labels(store, OLD, day, rows)
    states = list(entity_states(OLD, history.events, history.labels, at=cut))
    announce(deployment, old.features, expires_at=4_000_000_000)
    for start in range(0, len(states), 25):
        write_states(deployment, states[start : start + 25], expires_at=4_000_000_000)
    world.send("events", [row for row in sent if row["timestamp"] >= cut])
    world.send("labels", [row for row in given if row["labelled_at"] >= cut])
    for shard in by_shard(world, "events"):
        deploy_in_the_middle(world, old, new, seed, shard)
        world.deliver(shard)
    for shard in by_shard(world, "labels"):
        work(labelled(new), shard, seed)
    found = run(world, NEW)
    assert found.failures() == []
    for probe, wanted in zip(probes(), expected(NEW, sent, given), strict=True):
        agree(new.vector(probe), wanted)
    assert run(world, NEW).rebuilt == 0


def test_records_that_were_dead_lettered_are_folded_by_the_rebuild(world: World) -> None:
    seed = dice(4)
    new = world.version(NEW)
    sent = events(seed, 80)
    world.send("events", sent)
    for shard in by_shard(world, "events"):
        world.deliver(shard)
        dead = {seed.randrange(len(shard) - 1) for _ in range(6)} | {len(shard) - 2}
        work(enriched(new), [record for number, record in enumerate(shard) if number not in dead], seed)
    found = run(world, NEW)
    assert found.failures() == []
    assert found.rebuilt > 0
    for probe, wanted in zip(probes(), expected(NEW, sent, []), strict=True):
        agree(new.vector(probe), wanted)
    for shard in by_shard(world, "events"):
        work(enriched(new), shard, seed)  # and nothing of it is folded a second time
    for probe, wanted in zip(probes(), expected(NEW, sent, []), strict=True):
        agree(new.vector(probe), wanted)
