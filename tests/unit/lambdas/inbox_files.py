"""What the tests put into the inbox."""

from inbox_fakes import FRAUD, World
from shard_records import label

from headrace.schema import LabelRecord, parse_label

KEY = "labels-inbox/2023/day.csv"


def sent(its: World) -> list[LabelRecord]:
    return [parse_label(FRAUD, it.data) for it in its.stream.records]


def undated(number: int) -> dict[str, object]:
    raw = label(number, customer=f"c{number}")
    del raw["labelled_at"]
    return raw
