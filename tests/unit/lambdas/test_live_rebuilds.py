"""State made again from the lake while functions work on it: no write is lost, and what is right stays as it is."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from dynamodb_double import TABLE
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
    running,
)
from live_world import Version, World, dice, enriched, labelled, work

from cli.backfill.history import History, known
from cli.backfill.lake import event_days, label_days, write_events, write_labels
from cli.backfill.states import announce, write_states
from cli.deployment import Deployment
from cli.rebuild.terms import Scope
from cli.rebuild.writing import rebuild
from headrace.windows_columnar import entity_states
from lambdas.enrichment.logic import enrich
from lambdas.shared.state_writer import StateWriter
from pipelines.training_set.bucket import Bucket


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr("cli.rebuild.stream.PAUSE_S", 0.0)
    with running() as it:
        yield it


@pytest.fixture
def upgraded(world: World) -> tuple[Version, list[dict[str, object]]]:
    """A world after a deployment, all in the lake; the version, and what was sent."""
    seed = dice(1)
    old, new = world.version(OLD), world.version(NEW)
    sent = events(seed, 60)
    world.send("events", sent)
    for shard in by_shard(world, "events"):
        deploy_in_the_middle(world, old, new, seed, shard)
        world.deliver(shard)
    return new, sent


def test_a_fold_between_reading_and_writing_wins_and_the_rebuild_tries_again(
    world: World, upgraded: tuple[Version, list[dict[str, object]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    new, sent = upgraded
    late = {**sent[-1], "event_id": "meanwhile", "timestamp": NOW - 60}
    written = StateWriter.write
    raced = []

    def race(self: StateWriter, writes: Any) -> Any:
        if not raced:
            raced.append(True)
            world.send("events", [late])
            for shard in by_shard(world, "events"):
                work(enriched(new), shard[-1:], dice(0))
        return written(self, writes)

    monkeypatch.setattr(StateWriter, "write", race)
    found = run(world, NEW)
    assert raced
    assert found.failures() == []
    for probe, wanted in zip(probes(), expected(NEW, [*sent, late], []), strict=True):
        agree(new.vector(probe), wanted)


def test_a_function_that_read_before_the_rebuild_is_refused_its_write(
    world: World, upgraded: tuple[Version, list[dict[str, object]]]
) -> None:
    new, sent = upgraded
    reader = new.enrichment.reader

    class Slow:
        """Reads, and takes its time."""

        def read(self, keys: Any) -> Any:
            found = reader.read(keys)
            run(world, NEW)
            return found

    late = {**sent[-1], "event_id": "meanwhile", "timestamp": NOW - 60}
    world.send("events", [late])
    (record,) = [records[-1] for records in by_shard(world, "events") if b"meanwhile" in records[-1].data]
    slow = replace(new, enrichment=replace(new.enrichment, reader=Slow()))
    assert enrich([record], slow.enrichment).failed_from == record.mark
    assert enrich([record], new.enrichment).failed_from is None
    for probe, wanted in zip(probes(), expected(NEW, [*sent, late], []), strict=True):
        agree(new.vector(probe), wanted)


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


def test_one_key_and_shares_of_keys_can_be_rebuilt(
    world: World, upgraded: tuple[Version, list[dict[str, object]]]
) -> None:
    new, sent = upgraded
    one = run(world, NEW, Scope(entity="customer", key="c3"))
    assert one.rebuilt == 1
    shares = [run(world, NEW, Scope(share=(number, 3))) for number in range(3)]
    assert all(share.rebuilt for share in shares)
    assert run(world, NEW).rebuilt == 0
    for probe, wanted in zip(probes(), expected(NEW, sent, []), strict=True):
        agree(new.vector(probe), wanted)


def test_a_damaged_item_is_made_whole(world: World, upgraded: tuple[Version, list[dict[str, object]]]) -> None:
    new, sent = upgraded
    run(world, NEW)
    item = next(it for it in world.double.items() if it["entity"]["S"] == "customer#c3")
    world.double.client.put_item(TableName=TABLE, Item={**item, "state": {"B": item["state"]["B"][:-3] + b"xyz"}})
    found = run(world, NEW)
    assert (found.damaged, found.rebuilt) == (1, 1)
    for probe, wanted in zip(probes(), expected(NEW, sent, []), strict=True):
        agree(new.vector(probe), wanted)


def test_an_item_that_expired_comes_back_if_a_longer_window_reaches_it(
    world: World, upgraded: tuple[Version, list[dict[str, object]]]
) -> None:
    new, sent = upgraded
    for item in world.double.items():
        if item["entity"]["S"] == "customer#c3":
            key = {name: item[name] for name in ("entity", "source")}
            world.double.client.delete_item(TableName=TABLE, Key=key)
    found = run(world, NEW)
    assert found.created == 1
    for probe, wanted in zip(probes(), expected(NEW, sent, []), strict=True):
        agree(new.vector(probe), wanted)
    shards = by_shard(world, "events")
    logged = len(world.log.rows)
    for shard in shards:
        work(enriched(new), shard, dice(0))
    assert len(world.log.rows) == logged


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
