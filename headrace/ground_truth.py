"""Ground-truth files: lines as SageMaker Model Monitor reads them, and the one rule by which we read them back.

The format joins labels to captured answers by id and knows no corrections: it holds every label as it came, so an event
that was labelled again has several lines, in files of several hours and shards. Our lines say when the label was given
and when the event was, in ``customAttributes``, which the metadata of captured records has too. **The rule:** of the
lines of one id, the one given last counts; then that of the later event time, then the larger value. That is how window
state and training sets choose, and it needs no order of files. A line of somebody else says none of this: it counts as
given at the beginning of the hour that its folder names, and of several in one hour the last one counts, by the order
of object keys and lines.

Native Model Monitor does not document what it makes of two lines of one id; who depends on it corrects no labels.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from headrace.errors import RejectedError
from headrace.schema import LabelRecord, format_timestamp, parse_timestamp

_HOUR = re.compile(r"(?:^|/)(\d{4})/(\d{2})/(\d{2})/(\d{2})/[^/]*$")
_GIVEN, _HAPPENED = "labelled_at", "timestamp"
_VALUES = {"0": 0, "1": 1, "0.0": 0, "1.0": 1, "false": 0, "true": 1}


class Truth(NamedTuple):
    """What one line says. ``labelled_at`` and ``timestamp`` (the event's; -1 if unknown) are epoch seconds."""

    inference_id: str
    value: int
    labelled_at: int
    timestamp: int


@dataclass(frozen=True, slots=True)
class Truths:
    """The truth of every labelled answer by inference id, and how many lines could not be read."""

    last: Mapping[str, Truth]
    unreadable: int


def truth_line(inference_id: str, label: LabelRecord) -> dict[str, object]:
    """One line of a ground-truth file.

    Args:
        inference_id: the id under which the answer was captured.
        label: the label.
    """
    given = [f"{_GIVEN}={format_timestamp(label.labelled_at)}", f"{_HAPPENED}={format_timestamp(label.timestamp)}"]
    return {
        "groundTruthData": {"data": str(label.value), "encoding": "CSV"},
        "eventMetadata": {"eventId": inference_id, "customAttributes": given},
        "eventVersion": "0",
    }


def read_truths(objects: Iterable[tuple[str, Iterable[bytes]]], *, known_until: int | None = None) -> Truths:
    """Read ground-truth files by the rule, in whatever order they come.

    Args:
        objects: key and lines of each file; keys end in ``yyyy/mm/dd/hh/name``.
        known_until: labels given after this second do not count.

    Returns:
        The label that counts, of every id that has one.
    """
    best: dict[str, tuple[tuple[int, int, int, str, int], Truth]] = {}
    unreadable = 0
    for key, lines in objects:
        for number, line in enumerate(lines):
            if not line.strip():
                continue
            try:
                truth, ours = _read(line, key)
            except RejectedError:
                unreadable += 1
                continue
            if known_until is not None and truth.labelled_at > known_until:
                continue
            place = (truth.timestamp, truth.value, "", 0) if ours else (-1, 0, key, number)
            rank = (truth.labelled_at, *place)
            if truth.inference_id not in best or rank >= best[truth.inference_id][0]:
                best[truth.inference_id] = (rank, truth)
    return Truths({name: truth for name, (_, truth) in best.items()}, unreadable)


def _read(line: bytes, key: str) -> tuple[Truth, bool]:
    """What a line says, and whether it says itself when it was given. Raises RejectedError."""
    try:
        document = json.loads(line)
        metadata = document["eventMetadata"]
        name, value = metadata["eventId"], _VALUES[str(document["groundTruthData"]["data"]).strip().lower()]
        if not isinstance(name, str) or not name:
            raise RejectedError("is no id", field="eventId")
        found = dict(it.split("=", 1) for it in metadata.get("customAttributes", ()) if "=" in it)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
        raise RejectedError("is no line of ground truth") from exc
    if _GIVEN not in found or _HAPPENED not in found:
        return Truth(name, value, _hour(key), -1), False
    given, happened = (parse_timestamp(found[it], field=it) for it in (_GIVEN, _HAPPENED))
    return Truth(name, value, given, happened), True


def _hour(key: str) -> int:
    """When the labels of a folder were collected."""
    found = _HOUR.search(key)
    if not found:
        raise RejectedError("its folder names no hour")
    try:
        year, month, day, hour = map(int, found.groups())
        return int(datetime(year, month, day, hour, tzinfo=UTC).timestamp())
    except ValueError as exc:
        raise RejectedError("its folder names no hour") from exc
