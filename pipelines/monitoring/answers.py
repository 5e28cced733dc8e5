"""Answers and the truth about them: scores with ids from tables or captures, labels from tables or truth lines."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from headrace.drift import capture
from headrace.errors import RejectedError
from headrace.ground_truth import Truth, read_truths
from headrace.schema import parse_timestamp
from pipelines.monitoring.batch import Batch
from pipelines.monitoring.refusal import TableError
from pipelines.monitoring.tables import batches, files

Row = tuple[str, float | None, float, str]
"""Id, score, time and the version of the model that answered; empty where unknown."""
_LINES = (".jsonl", ".jsonl.gz")
_POSITIVE = {"1": 1, "1.0": 1, "true": 1, "0": 0, "0.0": 0, "false": 0}


@dataclass(frozen=True, kw_only=True)
class Names:
    """The columns of a table of answers, and of one of labels."""

    id: str = "event_id"
    score: str = "score"
    time: str = "timestamp"
    label: str = "label"
    labelled_at: str = "labelled_at"
    version: str = "model_version"


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What was answered: ids, scores of shape (n,), and when, in epoch seconds, NaN where unknown, shape (n,).

    An event has one answer of a model, the earliest, though it was streamed and asked for over HTTP, or tried again;
    ``repeated`` answers are the others.
    ``unnamed`` answers came in calls of many rows, which capture under one id; nobody can join a label to them.
    ``foreign`` answers are another model's than the one that was asked about.
    """

    ids: list[str]
    scores: np.ndarray
    times: np.ndarray
    unnamed: int
    foreign: int = 0
    repeated: int = 0


def answers(place: Path, names: Names, *, version: str = "") -> Answers | None:
    """Every answer at a place; None if it has no ids and scores.

    Args:
        place: file or folder.
        names: of columns.
        version: of the model whose answers are wanted; those that name another are counted only. Empty: all.

    Raises:
        TableError: if a file cannot be read.
    """
    given: dict[tuple[str, str], tuple[float, float]] = {}
    unnamed = foreign = read = 0
    for name, score, time, by in _rows(place, names):
        if version and by and by != version:
            foreign += 1
        elif not name:
            unnamed += 1
        elif score is not None:
            read += 1
            # Whatever order files have, the same answer counts: of two at one moment the one with the smaller score.
            answer = (float("inf") if np.isnan(time) else time, score)
            given[name, by] = min(given.get((name, by), answer), answer)
    if not given and not foreign:
        return None
    found = np.array([*given.values()], dtype=np.float64).reshape(-1, 2)
    return Answers(
        ids=[name for name, _ in given],
        scores=found[:, 1],
        times=np.where(np.isinf(found[:, 0]), np.nan, found[:, 0]),
        unnamed=unnamed,
        foreign=foreign,
        repeated=read - len(given),
    )


def truths(place: Path, names: Names) -> dict[str, Truth]:
    """The label that counts of every id: ground-truth files as Model Monitor has them, or a table of ids and labels.

    Raises:
        TableError: if no label can be read; names the columns that are needed.
    """
    found: dict[str, Truth] = {}
    paths = files(place)
    lines = [it for it in paths if it.name.lower().endswith(_LINES) and _first(it, "groundTruthData")]
    root = place if place.is_dir() else place.parent
    found |= read_truths((it.relative_to(root).as_posix(), stream(it)) for it in lines).last
    for path in paths:
        if path not in lines:
            for truth in _table(path, names):
                known = found.get(truth.inference_id)
                if known is None or truth[2:] >= known[2:]:
                    found[truth.inference_id] = truth
    if not found:
        raise TableError(
            f"--labels {place}: holds no labels; give ground-truth lines, or a table with the columns "
            f"{names.id!r} and {names.label!r} (0 or 1), or name its own with --id and --label"
        )
    return found


def _rows(place: Path, names: Names) -> Iterator[Row]:
    for path in files(place):
        if path.name.lower().endswith(_LINES) and _first(path, capture.CAPTURED):
            yield from _captured(path, names)
            continue
        for batch in batches(path):
            if names.id not in batch.arrays or names.score not in batch.arrays:
                break
            wanted = (names.id, names.score, names.time, names.version)
            columns = [_listed(batch, name) for name in wanted]
            for name, score, time, by in zip(*columns, strict=True):
                yield "" if name is None else str(name), number(score), _epoch(time), str(by or "")


def _captured(path: Path, names: Names) -> Iterator[Row]:
    for line in stream(path):
        try:
            rows = list(capture.rows(json.loads(line)))
        except (ValueError, KeyError, RejectedError):
            continue
        for row in rows:
            # Answers in CSV have no names; the first column is the score.
            score = row.columns.get(names.score, row.columns.get("_c0"))
            yield row.inference_id if row.single else "", number(score), _epoch(row.time), row.version


def _table(path: Path, names: Names) -> Iterator[Truth]:
    for batch in batches(path):
        if names.id not in batch.arrays or names.label not in batch.arrays:
            break
        wanted = (names.id, names.label, names.labelled_at, names.time)
        columns = [_listed(batch, name) for name in wanted]
        for name, label, given, happened in zip(*columns, strict=True):
            value = _POSITIVE.get(str(label).strip().lower())
            if name is not None and value is not None:
                times = (_epoch(given), _epoch(happened))
                yield Truth(str(name), value, *(-1 if np.isnan(it) else int(it) for it in times))


def _listed(batch: Batch, name: str) -> list[object]:
    return batch.values(name) if name in batch.arrays else [None] * batch.rows


def number(value: object) -> float | None:
    """A finite number; None if a cell holds none."""
    try:
        found = float(value)  # type: ignore[arg-type] # whatever is no number is refused below
    except (TypeError, ValueError):
        return None
    return found if np.isfinite(found) else None


def _epoch(value: object) -> float:
    """Epoch seconds of a number, a text of ISO 8601 or a time; NaN if it is none."""
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    seconds = number(value)
    if seconds is not None:
        return seconds
    try:
        return float(parse_timestamp(str(value), field="time"))
    except RejectedError:
        return float("nan")


def _first(path: Path, name: str) -> bool:
    """Whether the first line of a file has this field."""
    return name.encode() in next(iter(stream(path)), b"")


def stream(path: Path) -> Iterator[bytes]:
    """The lines of a file, packed or not.

    Raises:
        TableError: if it cannot be read.
    """
    opened = gzip.open if path.name.lower().endswith(".gz") else open
    try:
        with opened(path, "rb") as stream:
            yield from stream
    except (OSError, EOFError) as exc:
        raise TableError(f"{path}: cannot be read ({exc}); check that its content fits its suffix") from exc
