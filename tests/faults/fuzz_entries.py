"""Every entry point that takes bytes from outside, and what it may say of them: an answer, or one of our errors.

A new entry point joins with one line. Whatever else it raises is unhandled.
"""

import json
import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fuzz_files import FILES

from headrace.drift import capture
from headrace.errors import HeadraceError
from headrace.features import FeatureSet
from headrace.ground_truth import read_truths
from headrace.json_object import read_object
from headrace.lookups import decode as decode_readings
from headrace.monitoring import Outputs
from headrace.schema import parse_event, parse_label, parse_timestamp
from headrace.windows import decode
from lambdas.delivery_transform.logic import Delivery, transform
from lambdas.deployment.messages import read as read_rollout
from lambdas.drift_response.messages import read as read_signal
from lambdas.event_inbox.settings import FOLDERS as EVENT_FOLDERS
from lambdas.inference.exchange import Request
from lambdas.inference.logic import Inference, respond
from lambdas.label_inbox.settings import FOLDERS as LABEL_FOLDERS
from lambdas.lookup_inbox.reading_rows import ReadingReader
from lambdas.lookup_inbox.settings import folders as lookup_folders
from lambdas.shared.files.text_lines import lines, unpack
from lambdas.shared.scoring import Scorer
from lambdas.shared.stream import Record
from usecases import load

FRAUD = load("fraud")
RIDES = load("rides")
READER = ReadingReader(RIDES, RIDES.lookups[0], given_at=2_000_000_000)
FEATURES = FeatureSet(FRAUD)
LAYOUT = FEATURES.layout("customer", "events")
LABELS = FEATURES.layout("terminal", "labels")
GROUP, STACK, ENDPOINT = "headrace-fraud-dev", "headrace-fraud-dev-endpoint", "headrace-fraud-dev"
Entry = Callable[[bytes], object]


class _Nothing:
    """No state of anybody."""

    def read(self, keys: Iterable[Any]) -> Mapping[Any, Any]:
        return {key: [] for key in keys}


INFERENCE = Inference(features=FEATURES, reader=_Nothing(), scorer=Scorer(endpoint=None, call_s=1, deadline_s=1))


def _ask(body: bytes, path: str) -> None:
    request = Request(method="POST", path=path, body=body, content_type="application/json", query={})
    answer = respond(request, INFERENCE)
    assert answer.status in (200, 400, 413)
    json.dumps(answer.body, allow_nan=False)


def _capture(data: bytes) -> None:
    line = read_object(data, max_bytes=1_048_576)
    if capture.is_capture(line):
        list(capture.rows(line))


def _deliver(data: bytes) -> None:
    answers, _ = transform([Delivery("r", Record("s", "1", 1e9, data))], FRAUD)
    assert [it.record_id for it in answers] == ["r"]


def _cut(data: bytes) -> None:
    for it in lines([data[:7], data[7:]], after=0, number=0, longest=64):
        assert len(it.text) <= 64


def _unpack(data: bytes) -> None:
    assert sum(map(len, unpack([data], most_bytes=2**20, most_ratio=10))) <= 2**20


def _packed(data: bytes) -> None:
    packer = zlib.compressobj(wbits=31)
    packed = packer.compress(data) + packer.flush()
    assert b"".join(unpack([packed], most_bytes=2**24, most_ratio=10_000)) == data


ENTRIES: Mapping[str, Entry] = {
    "API: POST /predict": lambda data: _ask(data, "/predict"),
    "API: POST /predict/batch": lambda data: _ask(data, "/predict/batch"),
    "capture line": _capture,
    "delivery to the lake": _deliver,
    "event": lambda data: parse_event(FRAUD, data, latest=2_000_000_000),
    **FILES,
    "file: lines": _cut,
    "file: packed with gzip": _packed,
    "file: said to be gzip": _unpack,
    "ground truth line": lambda data: read_truths([("ground-truth/2030/01/01/00/k", [data])]),
    "JSON object": lambda data: read_object(data, max_bytes=65_536),
    "key of a monitor's document": lambda data: Outputs.of_key(data.decode(errors="replace")),
    "label": lambda data: parse_label(FRAUD, data, latest=2_000_000_000, labelled_at=1_900_000_000),
    "queue: deployment": lambda data: read_rollout(data.decode(errors="replace"), group=GROUP, stack_name=STACK),
    "queue: drift response": lambda data: read_signal(
        data.decode(errors="replace"), endpoint=ENDPOINT, usecase="fraud", stage="dev"
    ),
    "queue: event inbox": lambda data: EVENT_FOLDERS.read_message(data.decode(errors="replace")),
    "queue: label inbox": lambda data: LABEL_FOLDERS.read_message(data.decode(errors="replace")),
    "queue: lookup inbox": lambda data: lookup_folders("weather").read_message(data.decode(errors="replace")),
    "reading": READER.of_json,
    "readings of a key": decode_readings,
    "state of events": lambda data: decode(data, LAYOUT),
    "state of labels": lambda data: decode(data, LABELS),
    "timestamp": lambda data: parse_timestamp(data.decode(errors="replace"), field="timestamp"),
}
OURS = HeadraceError
"""What may be raised: our own errors, which functions and commands answer."""
