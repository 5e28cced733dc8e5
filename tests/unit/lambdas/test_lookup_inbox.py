"""Files of readings: every line in the items and the lake, or in quarantine; whatever order, repetition or rival."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inbox_fakes import GIVEN, FakeBucket
from lambda_fakes import FakeClock, FakeStore
from shard_records import START
from surrounded import SEGMENT, USECASE, WEATHER

from headrace.errors import RejectedError, RetryableError
from headrace.lookups import LookupKey, value_at
from lambdas.lookup_inbox.adapters import _refuse
from lambdas.lookup_inbox.logic import ReadingSink, inbox_of
from lambdas.lookup_inbox.reading_rows import ReadingReader
from lambdas.lookup_inbox.settings import STRAY, folders
from lambdas.shared.files.batches import Format, Reading
from lambdas.shared.files.inbox import FileInbox, Handled, take
from lambdas.shared.files.text_files import TEXT_FORMATS
from lambdas.shared.looked_up import LookupWrite, Stored
from lambdas.shared.quarantine import json_lines

KEY = LookupKey("weather", "t1")


@dataclass
class FakeItems:
    """The table of readings. ``rivals`` write each key so often before a write of ours gets through."""

    items: dict[LookupKey, Stored] = field(default_factory=dict)
    writes: list[LookupWrite] = field(default_factory=list)
    rivals: int = 0

    def stored(self, keys: Iterable[LookupKey]) -> Mapping[LookupKey, Stored]:
        return {key: self.items[key] for key in keys if key in self.items}

    def write(self, writes: Sequence[LookupWrite]) -> list[LookupKey]:
        lost = []
        for it in writes:
            known = self.items.get(it.key, Stored({}, 0))
            if self.rivals:
                self.rivals -= 1
                self.items[it.key] = known._replace(version=known.version + 1)
                lost.append(it.key)
                continue
            assert known.version == it.version
            self.items[it.key] = Stored(it.readings, it.version + 1)
            self.writes.append(it)
        return lost


class World:
    """The inbox of the weather on its stand-ins."""

    def __init__(self, **files: str) -> None:
        self.bucket, self.lake, self.items = FakeBucket(), FakeStore(), FakeItems()
        self.bucket.files = {
            f"lookups-inbox/weather/{name.replace('_', '.')}": it.encode() for name, it in files.items()
        }
        self.sent: list[str] = []
        self.own = self._inbox(folders("weather"), TEXT_FORMATS)
        self.stray = self._inbox(STRAY, {"": Format(partial(_refuse, USECASE))})

    def _inbox(self, places: object, formats: object) -> FileInbox:
        sink = ReadingSink(usecase=USECASE, lookup=WEATHER, table=self.items, lake=self.lake, clock=lambda: GIVEN)
        reading = Reading(
            usecase=USECASE,
            folders=places,
            formats=formats,
            reader=partial(ReadingReader, USECASE, WEATHER),
            inbox=self.bucket,
            sink=sink,
            lake=self.lake,
            slice_s=60,
            most_bytes=10**6,
            most_ratio=100,
            clock=FakeClock(),
        )
        return FileInbox(reading=reading, receipts=self, queue=self)

    def holds(self, key: str) -> bool:
        return key in self.lake.objects

    def send(self, body: str, *, delay_s: int) -> None:
        self.sent.append(body)

    def take(self, key: str) -> Handled:
        detail = {"bucket": {"name": "lake"}, "object": {"key": key, "version-id": "1"}}
        body = json.dumps({"source": "aws.s3", "detail-type": "Object Created", "detail": detail})
        return take(body, inbox_of(body, [self.own], self.stray), deadline=1e9)


def _line(at: int, **values: object) -> str:
    return json_lines([{"terminal_id": "t1", "timestamp": START + at, **values}]).decode()


def test_every_line_is_in_the_items_and_the_lake_or_in_quarantine_and_the_receipt_says_so() -> None:
    world = World(a_jsonl=_line(0, degrees=3.5) + _line(900, rain=-1) + _line(900, degrees=4, rain=2) + "no JSON\n")
    assert world.take("lookups-inbox/weather/a.jsonl").result == "finished"
    held = world.items.items[KEY].readings
    assert [value_at(WEATHER, held[name], START + 1_000) for name in WEATHER.fields] == [4.0, 2]
    assert [it["degrees"] for it in world.lake.rows("lookups/weather/dt=")] == [3.5, 4.0]
    assert [(it["line"], it["field"]) for it in world.lake.rows("quarantine/")] == [(2, "rain"), (4, None)]
    (receipt,) = world.lake.rows("lookups-inbox-receipts/weather/")
    assert (receipt["lines"], receipt["sent"], receipt["rejected"]) == (4, 2, 2)


def test_cells_of_csv_are_read_as_their_fields_ask() -> None:
    text = f"terminal_id;timestamp;degrees;rain;given_at\nt1;{START};-3;7;\n t2;2023-11-14T22:13:20Z;1e1;;{GIVEN - 5}\n"
    world = World(a_csv=text)
    assert world.take("lookups-inbox/weather/a.csv").sent == 2
    rows = {str(it["terminal_id"]): it for it in world.lake.rows("lookups/")}
    assert rows["t1"] == {"terminal_id": "t1", "timestamp": START, "given_at": GIVEN, "degrees": -3.0, "rain": 7}
    assert rows[" t2"] == {"terminal_id": " t2", "timestamp": START, "given_at": GIVEN - 5, "degrees": 10.0}


@pytest.mark.parametrize(
    ("cell", "column", "reason"),
    [("7.5", "rain", "rain: is not a whole number"), ("warm", "degrees", "degrees: is not a number")],
)
def test_a_cell_of_the_wrong_type_is_refused(cell: str, column: str, reason: str) -> None:
    with pytest.raises(RejectedError, match=reason):
        ReadingReader(USECASE, WEATHER, GIVEN).of_cells({"terminal_id": "t1", "timestamp": str(START), column: cell})


def test_whole_numbers_that_a_frame_wrote_with_a_point_are_whole() -> None:
    cells = {"terminal_id": "t1", "timestamp": str(START), "rain": "9007199254740993.0"}
    read = ReadingReader(USECASE, WEATHER, GIVEN).of_cells(cells)
    assert json.loads(read.data)["rain"] == 9_007_199_254_740_993


def test_a_later_file_corrects_an_earlier_one_and_a_file_that_comes_again_changes_nothing() -> None:
    world = World(a_jsonl=_line(0, rain=1, given_at=GIVEN - 9), b_jsonl=_line(0, rain=5))
    for name in ("b", "a"):
        world.take(f"lookups-inbox/weather/{name}.jsonl")
    assert value_at(WEATHER, world.items.items[KEY].readings["rain"], START) == 5
    written = len(world.items.writes)
    world.lake.objects = {key: it for key, it in world.lake.objects.items() if "receipts" not in key}
    assert world.take("lookups-inbox/weather/b.jsonl").result == "finished"
    assert len(world.items.writes) == written
    assert world.take("lookups-inbox/weather/b.jsonl").result == "repeated"


def test_who_loses_a_race_reads_again_and_in_the_end_waits() -> None:
    world = World(a_jsonl=_line(0, rain=1))
    world.items.rivals = 3
    assert world.take("lookups-inbox/weather/a.jsonl").result == "finished"
    assert world.items.items[KEY].version == 4
    sink = world.own.reading.sink
    world.items.rivals = 99
    with pytest.raises(RetryableError, match="1 keys of weather"):
        sink.put([ReadingReader(USECASE, WEATHER, GIVEN).of_json(_line(9, rain=1).encode())])


def test_an_item_goes_when_no_event_can_ask_for_it_and_never_where_a_reading_holds_until_the_next() -> None:
    world = World(a_jsonl=_line(0, rain=1))
    world.take("lookups-inbox/weather/a.jsonl")
    assert world.items.writes[0].expires_at == GIVEN + 3_600 + 86_400 + 7 * 86_400
    sink = ReadingSink(usecase=USECASE, lookup=SEGMENT, table=world.items, lake=world.lake)
    line = json_lines([{"customer_id": "c1", "timestamp": START, "segment": "new"}])
    sink.put([ReadingReader(USECASE, SEGMENT, GIVEN).of_json(line)])
    assert world.items.writes[1].expires_at is None


def test_a_file_in_no_look_ups_folder_is_refused_where_somebody_looks() -> None:
    world = World()
    world.bucket.files["lookups-inbox/wether/a.jsonl"] = b"{}"
    assert world.take("lookups-inbox/wether/a.jsonl").result == "finished"
    (wrong,) = world.lake.rows("quarantine/lookup_inbox/dt=")
    assert wrong["reason"] == "lies in no look-up's folder: use lookups-inbox/weather/, lookups-inbox/segment/"


def test_the_rest_of_a_file_comes_back_to_the_inbox_that_began_it() -> None:
    world = World()
    body = folders("weather").message(folders("weather").read_message(_created("lookups-inbox/weather/a.csv")))
    other = world._inbox(folders("segment"), TEXT_FORMATS)
    assert inbox_of(body, [other, world.own], world.stray) is world.own
    assert inbox_of("nonsense", [other, world.own], world.stray) is world.stray


def _created(key: str) -> str:
    detail = {"object": {"key": key}}
    return json.dumps({"source": "aws.s3", "detail-type": "Object Created", "detail": detail})


@given(st.permutations([(0, 1), (900, 2), (900, 3), (90_000, 4)]), st.integers(1, 4))
def test_files_in_any_order_and_cut_anywhere_leave_the_same_items(order: list[tuple[int, int]], cut: int) -> None:
    parts = [order[:cut], order[cut:], order[:1]]
    world = World(**{f"f{n}_jsonl": "".join(_line(at, rain=rain) for at, rain in it) for n, it in enumerate(parts)})
    for number in range(3):
        world.take(f"lookups-inbox/weather/f{number}.jsonl")
    series = world.items.items[KEY].readings["rain"]
    assert (list(series.times), list(series.values)) == ([START + 900, START + 90_000], [3, 4])
