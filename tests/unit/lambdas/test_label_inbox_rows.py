"""What a line of a file says: CSV and JSON lines as people and programs write them, and the reasons against them."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inbox_fakes import GIVEN, HEADER, cells
from label_row_readings import EXPECTED, ITS, Said, of_csv, of_json, reason
from shard_records import START, label

from headrace.errors import RejectedError
from headrace.schema import LabelRecord
from lambdas.shared.files.text_rows import read_header


def test_a_line_of_csv_is_the_label_that_it_names() -> None:
    assert [row.label for row in of_csv(cells(1) + "\r\n\r\n" + cells(1))] == [EXPECTED, EXPECTED]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_read_from_the_first_line(delimiter: str) -> None:
    header = HEADER.replace(",", delimiter)
    assert [row.label for row in of_csv(cells(1).replace(",", delimiter), header)] == [EXPECTED]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_read_from_a_first_line_of_quoted_names(delimiter: str) -> None:
    header = delimiter.join(f'"{name}"' for name in HEADER.split(","))
    assert [row.label for row in of_csv(cells(1).replace(",", delimiter), header)] == [EXPECTED]


def test_columns_come_in_any_order_among_others_and_labelled_at_may_be_absent() -> None:
    (row,) = of_csv(
        't1,"said ""no"", twice",1,c1,e000001,' + str(START),
        " terminal_id ,note,fraud,customer_id,event_id,timestamp\r",
    )
    assert row.label == EXPECTED


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        ("event_id,timestamp,customer_id,fraud", "the first line lacks terminal_id"),
        ("e000001,1700000000,c1,t1,1", "the first line lacks customer_id, event_id, fraud, terminal_id, timestamp"),
        (HEADER + ",fraud", "the first line has fraud twice"),
        (HEADER + ",labelled_at", "the first line has labelled_at twice"),
        ("", "the first line lacks"),
        ('event_id,"timestamp', "is not CSV in UTF-8"),
    ],
)
def test_a_first_line_that_will_not_do_says_why(header: str, problem: str) -> None:
    with pytest.raises(RejectedError, match=problem):
        read_header(header.encode(), ITS)


def test_a_first_line_in_another_encoding_or_of_any_length_is_refused() -> None:
    with pytest.raises(RejectedError, match="is not CSV in UTF-8"):
        read_header("event_id,käufer".encode("latin-1"), ITS)
    with pytest.raises(RejectedError, match="longer than 16384 bytes"):
        read_header(b"x" * 20_000, ITS)


@pytest.mark.parametrize("truth", ["1", " 1 ", "1.0", "true", "TRUE"])
def test_a_label_is_read_however_programs_write_it(truth: str) -> None:
    assert of_csv(cells(1, fraud=truth))[0].label == EXPECTED


@pytest.mark.parametrize(
    "moment", ["2023-11-14T22:13:20Z", "2023-11-14T23:13:20+01:00", "1700000000.9", " 1700000000 "]
)
def test_times_are_iso_or_seconds(moment: str) -> None:
    assert of_csv(cells(1).replace(str(START), moment))[0].label == EXPECTED


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (cells(1, fraud="yes"), "fraud: is not 0, 1, true or false"),
        (cells(1, fraud=""), "fraud: is missing"),
        (cells(1, fraud="2"), "fraud: is not 0, 1, true or false"),
        (cells(1, labelled_at=START - 1), "labelled_at: is before the event"),
        (cells(1, labelled_at=GIVEN + 3_601), "labelled_at: lies in the future"),
        (cells(1, labelled_at="14.11.2023"), "labelled_at: is not an ISO-8601 time"),
        (cells(1, at=START * 1_000), "timestamp: is outside 1970 to 2200"),
        (cells(1).replace(str(START), "nan"), "timestamp: is not an ISO-8601 time"),
        (cells(1).replace(str(START), "1_700_000_000"), "timestamp: is not an ISO-8601 time"),
        (cells(1).replace("e000001", ""), "event_id: is missing"),
        (cells(1).replace("e000001", "e" * 65), "event_id: is longer than 64 characters"),
        (cells(1) + ",more", "has 7 cells where the first line has 6"),
        ("e000001", "has 1 cells where the first line has 6"),
        (cells(1).replace("c1", '"c1"x'), "is not CSV"),
        (cells(1).replace("c1", "x" * 70_000), "is larger than 65536 bytes"),
    ],
)
def test_a_wrong_line_says_what_is_wrong_and_its_neighbours_are_read(line: str, problem: str) -> None:
    before, wrong, after = of_csv("\n".join((cells(2), line, cells(3))))
    assert reason(wrong)
    with pytest.raises(RejectedError, match=problem):
        raise wrong.label  # type: ignore[misc]  # it is one
    assert (wrong.line, after.line) == (3, 4)
    assert isinstance(before.label, LabelRecord)
    assert isinstance(after.label, LabelRecord)


def test_a_line_in_another_encoding_is_refused_alone() -> None:
    found = of_csv(cells(1).replace("c1", "ä").encode("latin-1") + b"\n" + cells(1).encode())
    assert (reason(found[0]), found[1].label) == ("is not UTF-8", EXPECTED)


@pytest.mark.parametrize(
    "cell", ["=cmd|' /C calc'!A0", "+1+1", "-2", "@SUM(A1)", "<script>", "../../x", "'; DROP TABLE", 'a"b']
)
def test_a_cell_that_looks_like_code_is_data(cell: str) -> None:
    (row,) = of_csv(cells(1).replace("e000001", cell))
    assert isinstance(row.label, LabelRecord)
    assert row.label.event_id == cell


def test_a_quoted_cell_may_run_over_several_lines() -> None:
    header = HEADER + ",note"
    note = '"one\r\ntwo, ""three""\n\nfour"'
    found = of_csv(f"{cells(1)},{note}\n{cells(1)},x", header)
    assert [row.label for row in found] == [EXPECTED, EXPECTED]
    assert [(row.line, row.last_line) for row in found] == [(2, 5), (6, 6)]


def test_a_quote_that_is_never_closed_costs_its_own_line_only() -> None:
    found = of_csv("\n".join((cells(1) + ',"oh', *(cells(1) + ",x" for _ in range(300)))), HEADER + ",note")
    assert reason(found[0]) == "has a quote that is not closed"
    assert [row.label for row in found[1:]] == [EXPECTED] * 300


def test_a_quote_that_is_open_at_the_end_of_the_file_costs_its_own_line_only() -> None:
    found = of_csv("\n".join((cells(1), cells(1) + ',"oh', cells(1))), HEADER)
    assert [isinstance(row.label, LabelRecord) for row in found] == [True, False, True]
    assert [row.line for row in found] == [2, 3, 4]


def test_json_lines_are_labels_as_on_the_stream() -> None:
    given = {name: value for name, value in label(1).items() if name != "labelled_at"}
    found = of_json(given, b"  ", {**label(1), "labelled_at": None}, label(1, labelled_at=START + 5))
    assert [row.label for row in found] == [
        EXPECTED,
        EXPECTED,
        LabelRecord("e000001", START, EXPECTED.keys, 1, START + 5),
    ]
    assert [row.line for row in found] == [1, 3, 4]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"no", "is not JSON"),
        (b"[1]", "is not a JSON object"),
        (b'{"fraud": "\xff"}', "is not UTF-8"),
        (label(1) | {"fraud": "1"}, "fraud: is not 0, 1, true or false"),
        (label(1) | {"terminal_id": None}, "terminal_id: is missing"),
        (b'{"event_id": "' + b"x" * 70_000, "is larger than 65536 bytes"),
    ],
)
def test_a_wrong_line_of_json_says_what_is_wrong(line: object, problem: str) -> None:
    found = of_json(label(2), line, label(3))
    assert [reason(row) for row in found if isinstance(row.label, RejectedError)] == [problem]


@given(st.text(max_size=40).map(lambda it: it.encode("utf-8", "replace")), st.sampled_from([",", ";"]))
def test_any_bytes_are_labels_or_rejections_and_no_line_is_lost(data: bytes, delimiter: str) -> None:
    found = of_csv(data + b"\n" + cells(1).replace(",", delimiter).encode(), HEADER.replace(",", delimiter))
    last: Sequence[Said] = found[-1:]
    assert [row.end for row in last] == [len(data) + 1 + len(cells(1))]
