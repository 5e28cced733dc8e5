"""History is written as the stream would have left it, once, however often and wherever a run is stopped."""

import io
import json
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from aws_doubles import CrashError
from backfill_platform import AT, DAY_S, FRAUD, START, Platform, small_history, snapshotting, unheard

import cli.backfill.states
import cli.backfill.writing
from cli.backfill import checkpoint as backfill_checkpoint
from cli.backfill.checkpoint import OtherHistoryError
from cli.backfill.removal import remove_others
from cli.backfill.states import StreamStartedError
from headrace.errors import RetryableError, UseCaseError
from headrace.windows_columnar import training_frame
from pipelines.quality.refusal import QualityError
from pipelines.training_set import Folder, Order, build
from pipelines.training_set import bucket as lake_bucket


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli.backfill.writing, "CHUNK", 3)
    monkeypatch.setattr(cli.backfill.states.time, "sleep", lambda _: None)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("save_every_s", [0.0, 3_600.0])
def test_a_crash_after_any_change_leaves_nothing_twice_and_nothing_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, save_every_s: float
) -> None:
    monkeypatch.setattr(backfill_checkpoint, "SAVE_EVERY_S", save_every_s)
    usecase = snapshotting()
    history = small_history(usecase)
    undisturbed = Platform.empty(usecase)
    expected = undisturbed.backfill(history, tmp_path)
    assert (expected.events, expected.labels, expected.snapshots, expected.training_rows) == (6, 4, 3, 3)
    crashes = 0
    for crash_after in range(1, undisturbed.changes.count + 40):
        platform = Platform.empty(usecase)
        platform.changes.crash_after = crash_after
        try:
            platform.backfill(history, tmp_path)
        except CrashError:
            crashes += 1
        platform.changes.crash_after = 0
        assert platform.backfill(history, tmp_path) == expected
        assert platform.contents() == undisturbed.contents(), f"crash after change {crash_after}"
        if crashes < crash_after:
            break
    assert crashes >= 20


def test_two_crashes_are_as_good_as_one(tmp_path: Path) -> None:
    usecase = snapshotting()
    history, platform, undisturbed = small_history(usecase), Platform.empty(usecase), Platform.empty(usecase)
    undisturbed.backfill(history, tmp_path)
    for crash_after in (9, 17, 22):
        platform.changes.crash_after = crash_after
        with pytest.raises(CrashError):
            platform.backfill(history, tmp_path)
    platform.changes.crash_after = 0
    platform.backfill(history, tmp_path)
    assert platform.contents()["offline"] == undisturbed.contents()["offline"]
    assert platform.s3.objects.keys() == undisturbed.s3.objects.keys()
    assert {it["expires_at"]["N"] for it in platform.table.items.values()} == {str(AT + 37 * DAY_S + 7 * DAY_S)}


def test_running_it_again_changes_nothing_even_after_the_stream_began(tmp_path: Path) -> None:
    history, platform = small_history(FRAUD), Platform.empty(FRAUD)
    first = platform.backfill(history, tmp_path)
    begin_stream(platform)
    changes = platform.changes.count
    assert platform.backfill(history, tmp_path) == first
    assert platform.changes.count == changes


def begin_stream(platform: Platform) -> None:
    source = "events#shardId-000000000001"
    platform.table.register[source] = {"entity": {"S": "#sources"}, "source": {"S": source}}


def test_it_is_refused_once_the_stream_has_begun(tmp_path: Path) -> None:
    platform = Platform.empty(FRAUD)
    begin_stream(platform)
    with pytest.raises(
        StreamStartedError, match=r"events#shardId-000000000001 wrote to table state.*stop the producers"
    ):
        platform.backfill(small_history(FRAUD), tmp_path)
    assert platform.changes.count == 0


def test_a_training_set_that_the_gate_refuses_stops_it_before_anything_is_written(tmp_path: Path) -> None:
    history, platform = small_history(FRAUD), Platform.empty(FRAUD)
    cents = replace(history, events=history.events.assign(amount=history.events["amount"] / 100))
    with pytest.raises(QualityError, match=r"amount: mean: expected 5 to 500, found 0\.20.*quality\.html"):
        platform.backfill(cents, tmp_path / "report")
    assert platform.changes.count == 0
    assert json.loads((tmp_path / "report" / "quality.json").read_text())["passed"] is False


def test_another_history_is_refused_until_the_first_one_is_removed(tmp_path: Path) -> None:
    usecase = snapshotting()
    wrong, platform, fresh = small_history(usecase), Platform.empty(usecase), Platform.empty(usecase)
    platform.changes.crash_after = 20
    with pytest.raises(CrashError):
        platform.backfill(wrong, tmp_path)
    assert platform.records.online
    platform.changes.crash_after = 0
    right = replace(wrong, events=wrong.events.assign(customer_id="C9"), labels=wrong.labels.assign(customer_id="C9"))
    with pytest.raises(OtherHistoryError, match=f"holds a part of another history .backfill {wrong.digest}"):
        platform.backfill(right, tmp_path)
    platform.s3.objects["events/dt=2026-01-01/hh=00/stream.parquet"] = b"not ours"
    assert remove_others(platform.deployment, right.digest, unheard) == 1
    assert platform.s3.objects.keys() == {"events/dt=2026-01-01/hh=00/stream.parquet"}
    assert platform.table.items == platform.table.register == platform.records.online == {}
    del platform.s3.objects["events/dt=2026-01-01/hh=00/stream.parquet"]
    fresh.backfill(right, tmp_path)
    platform.backfill(right, tmp_path)
    assert platform.records.online == fresh.records.online
    assert platform.s3.objects.keys() == fresh.s3.objects.keys()


def test_resume_only_goes_on(tmp_path: Path) -> None:
    history, platform = small_history(FRAUD), Platform.empty(FRAUD)
    with pytest.raises(UseCaseError, match="--resume: no backfill of this history was begun"):
        platform.backfill(history, tmp_path, only_resume=True)
    platform.backfill(history, tmp_path)
    assert platform.backfill(history, tmp_path, only_resume=True).events == 6


def test_the_training_set_is_the_one_that_would_be_built_of_the_lake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history, platform = small_history(FRAUD), Platform.empty(FRAUD)
    written = platform.backfill(history, tmp_path)
    assert written.training_prefix == f"s3://lake/training/backfill-{history.digest}"
    store = lake_bucket.Bucket("lake", platform.deployment.s3)
    day = START // DAY_S
    order = Order(usecase=FRAUD, name=f"backfill-{history.digest}", since=day, until=day + 2, labels_until=AT)
    assert build(store, order).computed == {}
    for key, body in platform.s3.objects.items():
        if key.startswith(("events/", "labels/")):
            path = tmp_path / "lake" / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
    again = build(Folder(tmp_path / "lake"), order)
    assert again.manifest["rows"] == written.training_rows
    for key in (key for key in platform.s3.objects if key.startswith("training/") and key.endswith(".parquet")):
        assert (tmp_path / "lake" / key).read_bytes() == platform.s3.objects[key]


def test_snapshots_hold_the_windows_as_of_the_last_second_of_history(tmp_path: Path) -> None:
    usecase = snapshotting()
    history, platform = replace(small_history(usecase), at=START + 100_001), Platform.empty(usecase)
    history = replace(history, labels=history.labels.head(0))
    assert platform.backfill(history, tmp_path).training_prefix == ""
    record = platform.records.online["customers", "C2"]
    assert record["event_time"] == "2026-01-02T03:46:40Z"
    own = history.events[history.events["customer_id"] == "C2"].tail(1)
    expected = training_frame(usecase, history.events).set_index("event_id").loc[own["event_id"].iloc[0]]
    names = [it.name for it in usecase.window_features if it.entity == "customer"]
    assert {name: float(record[name]) for name in names} == {name: expected[name] for name in names}
    assert record.keys() == {"customer_id", "event_time", *names}


def test_a_table_that_keeps_refusing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    platform = Platform.empty(FRAUD)
    refuse = {"UnprocessedItems": {"state": [1]}}
    monkeypatch.setattr(platform.table, "batch_write_item", lambda **_: refuse)
    with pytest.raises(RetryableError, match="DynamoDB refused 1 items of table state 8 times"):
        platform.backfill(small_history(FRAUD), tmp_path)


def test_events_lie_in_the_lake_in_the_types_of_its_table(tmp_path: Path) -> None:
    platform = Platform.empty(FRAUD)
    platform.backfill(small_history(FRAUD), tmp_path)
    body = platform.s3.objects["events/dt=2026-01-01/hh=01/backfill.parquet"]
    table = pq.read_table(io.BytesIO(body))
    assert table.schema.names == [*(it.name for it in FRAUD.event.fields), "shard_id", "sequence_number", "arrived_at"]
    assert str(table.schema.field("timestamp").type) == "timestamp[ms]"
    assert table.column("event_id").to_pylist() == ["e1", "e2"]
    lines = platform.s3.objects["labels/dt=2026-01-10/backfill.jsonl"].decode().splitlines()
    label = json.loads(lines[0])
    assert {name: label[name] for name in ("event_id", "fraud", "labelled_at", "shard_id")} == {
        "event_id": "e1",
        "fraud": 1,
        "labelled_at": "2026-01-10T01:06:40Z",
        "shard_id": "backfill",
    }
