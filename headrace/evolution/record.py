"""What is recorded of deployed features: of each everything that decides its value, and nothing that does not."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, Self

from headrace.errors import UseCaseError
from headrace.usecase import UseCase, WindowFeature
from headrace.window_functions import FUNCTIONS

Kind = Literal["input", "calendar", "window", "expression"]
Definition = Mapping[str, object]
_WINDOW = ("entity", "source", "function", "over", "length_s", "resolution_s", "delay_s", "fill", "current")


@dataclass(frozen=True, slots=True)
class RecordedFeature:
    """One feature: its definition holds JSON values, durations in seconds."""

    name: str
    kind: Kind
    definition: Definition

    @property
    def window(self) -> WindowFeature | None:
        """The window feature; None if it is of another kind."""
        return WindowFeature(name=self.name, **dict(self.definition)) if self.kind == "window" else None  # type: ignore[arg-type]  # written by _features below

    def as_json(self) -> dict[str, object]:
        """One flat JSON object."""
        return {"name": self.name, "kind": self.kind, **self.definition}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Read what ``as_json`` wrote. Raises KeyError if it is something else."""
        own = {name: value for name, value in document.items() if name not in ("name", "kind")}
        return cls(document["name"], document["kind"], own)


@dataclass(frozen=True, slots=True)
class Group:
    """The feature groups of an earlier version, still there for models that read them: key by entity, and features."""

    version: int
    entities: Mapping[str, str]
    features: tuple[RecordedFeature, ...]


@dataclass(frozen=True, kw_only=True)
class Record:
    """What has been deployed of a use case.

    ``features`` are in the order in which they were first deployed. ``entities`` holds each entity's key field and
    ``fields`` the type of each field that features read, whether it is required and, where features compute with its
    texts, the allowed ones; both over all versions. ``label`` is the label field. ``kept`` are earlier versions.
    """

    usecase: str
    version: int
    label: str
    entities: Mapping[str, str]
    fields: Mapping[str, Mapping[str, object]]
    features: tuple[RecordedFeature, ...]
    kept: tuple[Group, ...] = ()

    def names(self) -> tuple[str, ...]:
        """The features' names, in the order of their deployment."""
        return tuple(feature.name for feature in self.features)

    def without(self, version: int) -> "Record":
        """The record after an earlier version's feature groups are given up.

        Raises:
            UseCaseError: if it is not among the kept ones.
        """
        kept = tuple(group for group in self.kept if group.version != version)
        if len(kept) == len(self.kept):
            known = ", ".join(str(group.version) for group in self.kept) or "none: no earlier one is kept"
            raise UseCaseError("--retire", f"version {version} is not kept", f"use one of {known}")
        return replace(self, kept=kept)

    def dumps(self) -> str:
        """The record's JSON text, made to be committed: stable, and one feature to a line."""
        document = asdict(self) | {"features": "FEATURES", "kept": "KEPT"}
        text = json.dumps(document, indent=2)
        kept = ", ".join(_group(it) for it in self.kept)
        return text.replace('"FEATURES"', _lines(self.features)).replace('"KEPT"', f"[{kept}]") + "\n"

    @classmethod
    def loads(cls, text: str, *, where: str) -> Self:
        """Read a record.

        Args:
            text: what ``dumps`` wrote.
            where: the file, for the message.

        Raises:
            UseCaseError: if it is something else.
        """
        try:
            document = json.loads(text)
            return cls(
                **document
                | {
                    "features": _read(document["features"]),
                    "kept": tuple(
                        Group(it["version"], it["entities"], _read(it["features"])) for it in document["kept"]
                    ),
                }
            )
        except (ValueError, TypeError, KeyError, AttributeError) as exc:
            raise UseCaseError(where, "is no record of features", "restore it from version control") from exc


def record_of(usecase: UseCase) -> Record:
    """The record of a use case as it is now, had nothing been deployed before."""
    read = dict.fromkeys((*usecase.inputs, *(it.over for it in usecase.window_features if it.source == "events")))
    coded = {*usecase.inputs, *(it.over for it in usecase.window_features if FUNCTIONS[it.function].takes == "codes")}
    return Record(
        usecase=usecase.name,
        version=usecase.version,
        label=usecase.label.field,
        entities={entity.name: entity.key for entity in usecase.entities},
        fields={
            field.name: {"type": field.type, "required": field.required}
            | ({"allowed": [*field.allowed]} if field.allowed and field.name in coded else {})
            for field in usecase.event.fields
            if field.name in read
        },
        features=tuple(_features(usecase)),
    )


def _features(usecase: UseCase) -> list[RecordedFeature]:
    windows = ((it.name, {name: getattr(it, name) for name in _WINDOW}) for it in usecase.window_features)
    expressions = (
        (it.name, {"function": it.function, "of": it.of, "against": [*it.against], "fill": it.fill})
        for it in usecase.expressions
    )
    return [
        *(RecordedFeature(name, "input", {}) for name in usecase.inputs),
        *(RecordedFeature(name, "calendar", {}) for name in usecase.calendar),
        *(RecordedFeature(name, "window", definition) for name, definition in windows),
        *(RecordedFeature(name, "expression", definition) for name, definition in expressions),
    ]


def _group(it: Group) -> str:
    return f'{{"version": {it.version}, "entities": {json.dumps(it.entities)}, "features": {_lines(it.features)}}}'


def _lines(features: tuple[RecordedFeature, ...]) -> str:
    lines = ",\n".join(f"    {json.dumps(feature.as_json())}" for feature in features)
    return f"[\n{lines}\n  ]"


def _read(features: list[dict[str, Any]]) -> tuple[RecordedFeature, ...]:
    return tuple(RecordedFeature.from_json(it) for it in features)
