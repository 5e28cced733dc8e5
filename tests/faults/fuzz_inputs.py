"""Inputs that are almost right: good ones, cut, doubled, bent and with odd values where a parser may trip."""

import json
import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from fuzz_entries import ENDPOINT, LABELS, LAYOUT
from reaction_world import drift, s3_event
from rollout_world import approval, ended, rollback
from shard_records import event, label

from headrace.windows import encode, new_state

ODD: tuple[Any, ...] = (
    None, True, 0, -1, 1e308, -0.0, 2**63, 2**200, "", " ", "0", "NaN", "\x00", "\ud800", "=cmd()", "../../x",
    "<script>", [], {}, [[]], {"a": {"b": []}}, "2030-01-01T00:00:00Z", "9" * 400, "é" * 200, 1_700_000_000,
)  # fmt: skip
SCRAPS = (
    b"", b"\xff", b"\x00", b"\n", b"\r\n", b'"', b"{", b"}", b"[" * 300, b",", b":", b"NaN", b"Infinity", b"1e999",
    b"\\ud800", b"\xef\xbb\xbf", b"\x1f\x8b", b"PK\x03\x04", b'"a":1,"a":2', b"9" * 5_000, b"\xed\xa0\x80",
    b"-", b"\\u0000",
)  # fmt: skip
_KEY = f"monitoring/{ENDPOINT}/{ENDPOINT}-bias/2026/01/01/03/constraint_violations.json"
_SIDE = {"observedContentType": "application/json", "mode": "INPUT", "encoding": "JSON"}
_CAPTURE = {
    "captureData": {
        "endpointInput": {**_SIDE, "data": '{"instances": [{"amount": 1.0}], "ids": ["e1"]}'},
        "endpointOutput": {**_SIDE, "data": '{"predictions": [{"score": 0.1}], "model_version": "7"}'},
    },
    "eventMetadata": {"eventId": "e", "inferenceId": "e1", "inferenceTime": "2030-01-01T00:00:00Z"},
}
_TRUTH = {"groundTruthData": {"data": "1", "encoding": "CSV"}, "eventMetadata": {"eventId": "e1"}, "eventVersion": "0"}
DOCUMENTS: tuple[Any, ...] = (
    event(1), label(1), {"events": [event(1), event(2)]}, _CAPTURE, _TRUTH, {"violations": [drift("amount", 0.3)]},
    json.loads(approval(2)), json.loads(rollback(1)), json.loads(ended("deploy-2-after-1-" + "a" * 64)),
    json.loads(s3_event(_KEY, time="2026-01-01T03:10:00Z")),
    {"label_inbox": {"key": "labels-inbox/a.csv", "offset": 3}},
    {"lookup_inbox/weather": {"key": "lookups-inbox/weather/a.csv", "offset": 3}},
    {"city_id": "city1", "timestamp": 1_700_000_000, "temperature": 7.5, "given_at": 1_700_000_300},
    {"event_inbox": {"key": "events-inbox/a.avro", "line": 3}},
)  # fmt: skip
TEXTS = (
    b"2030-01-01T00:00:00Z", b"1700000000.5", _KEY.encode(), b"event_id,timestamp\n1,2\n", encode(new_state(LAYOUT)),
    encode(new_state(LABELS)),
)  # fmt: skip


def inputs(seed: int, count: int) -> Iterator[bytes]:
    """So many inputs, the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311  # repeatable, not secret
    for _ in range(count):
        data = _document(chance) if chance.random() < 0.7 else chance.choice(TEXTS)
        for _bend in range(chance.choice((0, 1, 1, 2, 5))):
            data = _bent(data, chance)
        yield data


def _document(chance: random.Random) -> bytes:
    document = json.loads(json.dumps(chance.choice(DOCUMENTS)))
    for _ in range(chance.choice((0, 1, 1, 2, 4))):
        _change(document, chance)
    return json.dumps(document, ensure_ascii=chance.random() < 0.5).encode(errors="surrogatepass")


def _change(document: Any, chance: random.Random) -> None:
    """Replace, remove or add something at some depth."""
    place = document
    while True:
        names = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not names:
            return
        name = chance.choice(names)
        inner = place[name]
        if isinstance(inner, dict | list) and inner and chance.random() < 0.75:
            place = inner
            continue
        if chance.random() < 0.2:
            del place[name]
        elif isinstance(place, dict) and chance.random() < 0.2:
            place[str(chance.choice(ODD))] = deepcopy(chance.choice(ODD))
        else:
            place[name] = deepcopy(chance.choice(ODD))
        return


def _bent(data: bytes, chance: random.Random) -> bytes:
    first, last = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    how = chance.randrange(5)
    if how == 0:
        return data[:first] + data[last:]
    if how == 1:
        return data[:last] + data[first:last][:1_000] + data[last:]
    if how == 2:
        return data[:first] + chance.choice(SCRAPS) + data[first:]
    if how == 3 and data:
        place = min(first, len(data) - 1)
        return data[:place] + bytes([data[place] ^ 1 << chance.randrange(8)]) + data[place + 1 :]
    return data[:first] + chance.randbytes(chance.randrange(9)) + data[last:]
