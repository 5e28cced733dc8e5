"""State made again from the lake while functions work on it: no write is lost, by key, by share or whole."""

from dataclasses import replace
from typing import Any

import pytest
from dynamodb_double import TABLE
from feature_versions import (
    NEW,
    NOW,
    OLD,
    agree,
    by_shard,
    deploy_in_the_middle,
    events,
    expected,
    probes,
    run,
)
from live_world import Version, World, dice, enriched, work

from cli.rebuild.terms import Scope
from lambdas.enrichment.logic import enrich
from lambdas.shared.state_writer import StateWriter


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
