"""Logged vectors as the lake takes them: one line of JSON each, with the event's identity, its score and its place."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from json import JSONEncoder
from json.encoder import encode_basestring_ascii as quoted
from math import isfinite
from typing import Any, cast

from headrace.errors import SettingsError
from headrace.features import Vector
from headrace.masking import mask
from headrace.schema import format_timestamp
from headrace.usecase import UseCase
from lambdas.enrichment.parts import Accepted
from lambdas.shared.scoring import Scored

_encode = JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False).encode
"""Made once: ``json.dumps`` with options makes an encoder for every row."""
_VERDICT = ("decision", "model_version", "degraded")
_TWO = [f"{number:02}" for number in range(60)]


class VectorRows:
    """Writes the rows of one use case; compiled once per process."""

    def __init__(self, usecase: UseCase, mask_key: bytes) -> None:
        """Compile.

        Args:
            usecase: whose vectors they are.
            mask_key: the secret of the keyed hash; may be empty if no entity's key is hashed.

        Raises:
            SettingsError: if a key is to be hashed and there is no secret.
        """
        shape = usecase.event
        self._id, self._timestamp, self._mask_key = shape.id, shape.timestamp, mask_key
        keys = {entity.key for entity in usecase.entities} - {shape.id}
        self._keys = [(it.name, it.privacy == "hash") for it in shape.fields if it.name in keys]
        hashed = [name for name, is_hashed in self._keys if is_hashed]
        if hashed and not mask_key:
            raise SettingsError(f"{hashed[0]} is hashed on its way to the lake: set the mask key")
        names = (self._id, self._timestamp, *(name for name, _ in self._keys), *usecase.feature_names)
        names = (*names, "score", *_VERDICT, "shard_id", "sequence_number")
        figures = frozenset(usecase.feature_names)
        self._given, self._finite = (
            "{" + ",".join(f'"{it}":{figure if it in figures else "%s"}' for it in names) + ',"latency_ms":%.1f}\n'
            for figure in ("%s", "%r")
        )

    def write(
        self, vectors: Iterable[tuple[Accepted, Vector]], answers: Iterable[Scored], *, scored_at: float
    ) -> list[bytes]:
        """One row per vector.

        Args:
            vectors: events with their records, and their features.
            answers: the score of each, or why there is none.
            scored_at: when they were scored, in epoch seconds; latency counts from a record's arrival in the stream.

        Raises:
            ValueError: if a feature is infinite or not a number.
        """
        id_name, timestamp, mask_key, keys = self._id, self._timestamp, self._mask_key, self._keys
        rows = []
        for (it, vector), answer in zip(vectors, answers, strict=True):
            event, figures = cast(Mapping[str, Any], it.event), vector.values()
            shard_id, number, arrived_at, _ = it.record
            score, decision, model_version, degraded, _ = answer
            finite = _all_finite(figures)
            row = (self._finite if finite else self._given) % (
                quoted(event[id_name]),
                _moment(event[timestamp]),
                *[quoted(mask(event[name], mask_key) if is_hashed else event[name]) for name, is_hashed in keys],
                *(figures if finite else map(_encode, figures)),
                "null" if score is None else repr(score),
                *_verdict(decision, model_version, degraded),
                quoted(shard_id),
                quoted(number),
                (scored_at - arrived_at) * 1000,
            )
            rows.append(row.encode())
        return rows


def _all_finite(figures: Iterable[float | None]) -> bool:
    """Whether every one is there and finite; may be False of very large ones, too."""
    try:
        return isfinite(sum(cast(Iterable[float], figures)))
    except TypeError:  # one is missing
        return False


@lru_cache(maxsize=256)
def _verdict(decision: str | None, model_version: str | None, degraded: str | None) -> tuple[str, ...]:
    """As JSON texts. Few different ones occur."""
    return tuple(_encode(it) for it in (decision, model_version, degraded))


def _moment(timestamp: int) -> str:
    """A time as JSON text; what stands before its minutes is made once an hour."""
    hour, second = divmod(timestamp, 3_600)
    minute, second = divmod(second, 60)
    return f'{_hour(hour)}{_TWO[minute]}:{_TWO[second]}Z"'


@lru_cache(maxsize=256)
def _hour(hour: int) -> str:
    date, _, clock = format_timestamp(hour * 3_600).partition("T")
    return f'"{date}T{clock[:3]}'
