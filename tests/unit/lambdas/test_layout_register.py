"""Two versions of the code on one table: each finds out how the other packs its states, and neither stops."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from dynamodb_double import TABLE, Double

from headrace.errors import RetryableError, StateError
from headrace.features import FeatureSet
from headrace.usecase import Window
from headrace.windows import decode, encode
from lambdas.shared.failures import DependencyError
from lambdas.shared.layouts import Layouts, layouts_of
from lambdas.shared.state_reader import StateReader
from lambdas.shared.state_writer import StateWriter
from lambdas.shared.window_state import EntityKey, StateWrite, decode_states, unpack
from usecases import load

FRAUD = load("fraud")
OLD = FeatureSet(FRAUD)
SMALLEST = Window(entity="customer", function="min", over="amount", lengths=("7d",))
NEW = FeatureSet(replace(FRAUD, windows=(*FRAUD.windows, SMALLEST)))
KEY = EntityKey("customer", "c1")
SOURCE = "events#shardId-000000000000"
MARK = "7".zfill(56)
AT = 1_700_000_000
BROKEN = (500, {"__type": "InternalServerError", "message": "Internal server error"})
DENIED = (400, {"__type": "com.amazon.coral.service#AccessDeniedException", "Message": "not authorized"})


class Version:
    """One version's reader and writer on the shared table."""

    def __init__(self, double: Double, features: FeatureSet, executor: ThreadPoolExecutor) -> None:
        self.features = features
        self.layouts = Layouts(double.client, TABLE, own=layouts_of(features))
        self.reader = StateReader(
            double.client,
            TABLE,
            usecase=features.usecase,
            executor=executor,
            layouts=self.layouts,
            sleep=lambda _: None,
        )
        self.writer = StateWriter(double.client, TABLE, executor=executor, layouts=self.layouts, sleep=lambda _: None)

    def write(self, *, read_mark: str | None = None, mark: str = MARK) -> None:
        state = self.features.new_state("customer", "events")
        state.fold(timestamp=AT, event_id="e1", values={"amount": 5.0})
        one = StateWrite(KEY, SOURCE, encode(state), mark, 1, 4_000_000_000, read_mark, mark)
        assert self.writer.write([one]) == frozenset()


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch) -> Iterator[Double]:
    monkeypatch.setattr("time.sleep", lambda _: None)  # the SDK's own pauses between its attempts
    with Double() as made:
        yield made


@pytest.fixture
def versions(double: Double) -> Iterator[tuple[Version, Version]]:
    with ThreadPoolExecutor(2) as executor:
        yield Version(double, OLD, executor), Version(double, NEW, executor)


def test_a_layout_is_described_before_the_first_item_has_it_and_outlives_every_item(
    double: Double, versions: tuple[Version, Version]
) -> None:
    versions[0].write()
    names = double.names()
    assert names[-1] == "BatchExecuteStatement"
    described = {
        body["Item"]["source"]["S"]: body["Item"]
        for name, body in double.calls
        if name == "PutItem" and body["Item"]["entity"]["S"] == "#layouts"
    }
    assert described.keys() == {layout.fingerprint.hex() for layout in layouts_of(OLD)}
    assert all(int(item["expires_at"]["N"]) > 4_000_000_000 for item in described.values())


def test_layouts_are_described_once_per_process(double: Double, versions: tuple[Version, Version]) -> None:
    versions[0].write()
    double.calls.clear()
    versions[0].write(read_mark=MARK, mark="8".zfill(56))
    assert double.names() == ["BatchExecuteStatement"]


def test_a_writer_that_cannot_describe_its_layouts_writes_nothing(
    double: Double, versions: tuple[Version, Version]
) -> None:
    double.answers = [BROKEN] * 4
    state = encode(OLD.new_state("customer", "events"))
    lost = versions[0].writer.write([StateWrite(KEY, SOURCE, state, MARK, 1, 4_000_000_000, None, MARK)])
    assert lost == {KEY}
    assert double.items() == []


@pytest.mark.parametrize("newer", [True, False], ids=["new code reads old", "old code reads new"])
def test_each_version_reads_what_the_other_wrote(versions: tuple[Version, Version], newer: bool) -> None:
    writer, reader = versions if newer else versions[::-1]
    writer.write()
    for found in (
        reader.reader.read([KEY])[KEY],
        reader.reader.query([KEY])[KEY],
        [reader.reader.read_own([KEY], SOURCE)[KEY]],
    ):
        (stored,) = found
        (state,) = decode_states(reader.features, KEY, [stored])
        assert state.layout is reader.features.layout("customer", "events")
        assert state.partial is newer
        assert state.contains("e1")


def test_its_own_items_are_read_without_looking_at_the_register(
    double: Double, versions: tuple[Version, Version]
) -> None:
    versions[0].write()
    double.calls.clear()
    (stored,) = versions[0].reader.query([KEY])[KEY]
    assert stored.layout is None
    assert double.names() == ["Query"]


def test_the_register_is_looked_at_once_for_a_layout(double: Double, versions: tuple[Version, Version]) -> None:
    versions[0].write()
    double.calls.clear()
    for _ in range(3):
        versions[1].reader.query([KEY])
    assert double.names() == ["Query", "Query", "Query", "Query"]
    asked = [body["ExpressionAttributeValues"][":entity"]["S"] for _, body in double.calls]
    assert asked.count("#layouts") == 1


def test_an_undescribed_layout_is_a_damaged_state_and_not_a_crash_of_the_reader(
    double: Double, versions: tuple[Version, Version]
) -> None:
    versions[0].write()
    for layout in layouts_of(OLD):
        double.client.delete_item(
            TableName=TABLE, Key={"entity": {"S": "#layouts"}, "source": {"S": layout.fingerprint.hex()}}
        )
    (stored,) = versions[1].reader.query([KEY])[KEY]
    assert stored.layout is None
    with pytest.raises(StateError, match="another layout"):
        unpack(stored, NEW.layout("customer", "events"))


def test_a_description_of_a_later_version_is_passed_over(double: Double, versions: tuple[Version, Version]) -> None:
    versions[0].write()
    double.client.put_item(
        TableName=TABLE,
        Item={"entity": {"S": "#layouts"}, "source": {"S": "00000000"}, "layout": {"S": '{"from": "the future"}'}},
    )
    (stored,) = versions[1].reader.query([KEY])[KEY]
    assert stored.layout is not None
    assert stored.layout.fingerprint == OLD.layout("customer", "events").fingerprint


@pytest.mark.parametrize(("answer", "error"), [(BROKEN, RetryableError), (DENIED, DependencyError)])
def test_a_register_that_cannot_be_read_says_whether_trying_again_may_help(
    double: Double, versions: tuple[Version, Version], answer: tuple[int, dict[str, object]], error: type[Exception]
) -> None:
    versions[0].write()
    double.answers = [None, *[answer] * 4]
    with pytest.raises(error, match="reading layouts of window state"):
        versions[1].reader.query([KEY])
    double.answers.clear()


def test_another_versions_item_is_packed_in_the_readers_own_layout_when_it_is_written_back(
    double: Double, versions: tuple[Version, Version]
) -> None:
    old, new = versions
    old.write()
    (stored,) = new.reader.query([KEY])[KEY]
    state = unpack(stored, NEW.layout("customer", "events"))
    data = encode(state)
    new.writer.write([StateWrite(KEY, SOURCE, data, "9".zfill(56), 2, 4_000_000_000, stored.mark, MARK)])
    (again,) = new.reader.query([KEY])[KEY]
    assert again.layout is None
    assert decode(again.data, NEW.layout("customer", "events")).partial
