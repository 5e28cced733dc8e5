"""Features change while the stream goes on: nothing fails or is lost, old features stay exact, new ones become it."""

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from dynamodb_double import TABLE, Double
from live_world import Version, World, dice, enriched, labelled, work
from moto import mock_aws

from cli.backfill.history import History, known
from cli.backfill.lake import event_days, label_days, write_events, write_labels
from cli.backfill.states import announce, write_states
from cli.deployment import Deployment
from cli.rebuild.terms import Rebuilt, Scope
from cli.rebuild.writing import rebuild
from headrace.usecase import UseCase, Window
from headrace.windows_columnar import entity_states, training_frame
from lambdas.enrichment.logic import enrich
from lambdas.shared.state_writer import StateWriter
from lambdas.shared.stream import Record
from pipelines.training_set.bucket import Bucket
from usecases import load

DAY_S = 86_400
OLD = load("fraud")
NEW_WINDOWS = (
    Window(entity="customer", function="min", over="amount", lengths=("7d",), fill=0.0),
    Window(entity="customer", function="distinct", over="terminal_id", lengths=("45d",)),
    Window(entity="terminal", function="std", over="amount", lengths=("3d",), resolution="1h", fill=0.0),
    Window(entity="customer", function="mean", over="fraud", source="labels", lengths=("20d",), delay="7d", fill=0.0),
)
NEW = replace(OLD, windows=(NEW_WINDOWS[0], *OLD.windows, *NEW_WINDOWS[1:]))
NOW = int(time.time())


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr("cli.rebuild.stream.PAUSE_S", 0.0)
    passed_on = {"core": {"mock_credentials": True, "passthrough": {"services": ["dynamodb"]}}}
    with mock_aws(config=passed_on), Double() as double, ThreadPoolExecutor(2) as executor:
        yield World(double, executor, NEW)


def events(seed: random.Random, count: int) -> list[dict[str, object]]:
    """In the order of time, but every tenth is up to two days late."""
    rows = []
    for number in range(count):
        at = NOW - 44 * DAY_S + number * 43 * DAY_S // count
        late = seed.randint(0, 2 * DAY_S) if seed.random() < 0.1 else 0
        rows.append(
            {
                "event_id": f"e{number:05}",
                "timestamp": at - late,
                "customer_id": f"c{seed.randint(0, 8)}",
                "terminal_id": f"t{seed.randint(0, 3)}",
                "amount": round(seed.uniform(1, 300), 2),
            }
        )
    return rows


def labels(seed: random.Random, rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Of two thirds of the events older than a week, some corrected later."""
    given = []
    for row in rows:
        due = int(str(row["timestamp"])) + 7 * DAY_S
        for _ in range(seed.choice([0, 1, 1, 2])):
            due += seed.randint(0, 3_600)
            if due < NOW - DAY_S:
                own = {name: it for name, it in row.items() if name != "amount"}
                given.append({**own, "fraud": seed.randint(0, 1), "labelled_at": due})
    return sorted(given, key=lambda it: it["labelled_at"])


def probes() -> list[dict[str, object]]:
    return [
        {"event_id": "~", "timestamp": NOW, "customer_id": f"c{number}", "terminal_id": f"t{number % 4}", "amount": 1.0}
        for number in range(9)
    ]


def expected(usecase: UseCase, past: list[dict[str, object]], given: list[dict[str, object]]) -> list[dict[str, Any]]:
    """The probes' vectors by the columnar kernel, from everything that was sent."""
    found = []
    for probe in probes():
        frame = training_frame(usecase, pd.DataFrame([*past, probe]), pd.DataFrame(given) if given else None)
        row = frame[frame["event_id"] == "~"].iloc[0]
        found.append({name: None if pd.isna(row[name]) else row[name] for name in usecase.feature_names})
    return found


def agree(actual: dict[str, float | None], wanted: dict[str, Any]) -> None:
    assert actual.keys() == wanted.keys()
    for name, value in wanted.items():
        assert actual[name] == (None if value is None else pytest.approx(value, rel=1e-9, abs=1e-9)), name


def run(world: World, usecase: UseCase, scope: Scope | None = None) -> Rebuilt:
    return rebuild(world.deployment(usecase), scope or Scope(), lambda *_: None)


def by_shard(world: World, stream: str) -> list[list[Record]]:
    return [records for records in world.records(stream).values() if records]


def deploy_in_the_middle(world: World, old: Version, new: Version, seed: random.Random, shard: list[Record]) -> None:
    """Old code, then minutes in which both take turns, then new code; at another place for every shard."""
    first, second = sorted(seed.sample(range(len(shard)), 2))
    work(enriched(old), shard[:first], seed)
    for record in shard[first:second]:
        work(enriched(seed.choice([old, new])), [record], seed)
    work(enriched(new), shard[second:], seed)


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
