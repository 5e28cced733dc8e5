"""Logged vectors as the lake takes them: one line of JSON each, with the event's identity, its score and its place."""

from functools import lru_cache
from json import JSONEncoder
from json.encoder import encode_basestring_ascii as quoted
from typing import cast

from headrace.errors import SettingsError
from headrace.features import Vector
from headrace.masking import mask
from headrace.schema import format_timestamp
from headrace.usecase import UseCase
from lambdas.enrichment.folding import Accepted
from lambdas.shared.scoring import Scored

_encode = JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False).encode
"""Made once: ``json.dumps`` with options makes an encoder for every row."""
_VERDICT = ("decision", "model_version", "degraded")


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
        names = (*names, "score", *_VERDICT, "shard_id", "sequence_number", "latency_ms")
        self._template = "{" + ",".join(f'"{name}":%s' for name in names) + "}\n"

    def row(self, it: Accepted, vector: Vector, answer: Scored, *, scored_at: float) -> bytes:
        """One row.

        Args:
            it: the event and its record.
            vector: its features.
            answer: its score, or why there is none.
            scored_at: when its batch was scored, in epoch seconds; its latency counts from its arrival in the stream.

        Raises:
            ValueError: if a feature is infinite or not a number.
        """
        event, record = it.event, it.record
        figures = [*map(repr, vector.values())]
        if "n" in "".join(figures):  # of None, nan or inf
            figures = [_encode(value) for value in vector.values()]
        keys = [quoted(self._key(cast(str, event[name]), hashed=hashed)) for name, hashed in self._keys]
        row = self._template % (
            quoted(cast(str, event[self._id])),
            _moment(cast(int, event[self._timestamp])),
            *keys,
            *figures,
            "null" if answer.score is None else repr(answer.score),
            *_verdict(answer.decision, answer.model_version, answer.degraded),
            quoted(record.shard_id),
            quoted(record.sequence_number),
            round((scored_at - record.arrived_at) * 1000, 1),
        )
        return row.encode()

    def _key(self, value: str, *, hashed: bool) -> str:
        return mask(value, self._mask_key) if hashed else value


@lru_cache(maxsize=256)
def _verdict(decision: str | None, model_version: str | None, degraded: str | None) -> tuple[str, ...]:
    """As JSON texts. Few different ones occur."""
    return tuple(_encode(it) for it in (decision, model_version, degraded))


def _moment(timestamp: int) -> str:
    """A time as JSON text; its date is made once a day."""
    day, second = divmod(timestamp, 86_400)
    minute, second = divmod(second, 60)
    hour, minute = divmod(minute, 60)
    return f'"{_date(day)}T{hour:02}:{minute:02}:{second:02}Z"'


@lru_cache(maxsize=64)
def _date(day: int) -> str:
    return format_timestamp(day * 86_400).partition("T")[0]
