"""Environment variables, declared once: a function reads them with ``from_env``, its stack writes them with ``to_env``.

A function's ``Settings`` is a frozen dataclass, of ``headrace.frozen`` as its base is. The variable of a field is its
name in upper case. Standard library only, because the stacks import it at synth.
"""

import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from typing import Self, Union, get_args, get_origin, get_type_hints

from headrace.errors import SettingsError
from headrace.frozen import dataclass

METRICS_NAMESPACE = "Headrace"
"""CloudWatch namespace of the functions' own metrics; their dimensions are ``service``, ``UseCase`` and ``Stage``."""
Setting = str | int | float | bool | None
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def _scalar(kind: object, name: str, text: str) -> Setting:
    """Convert one variable. Raises ValueError with the reason."""
    if kind is str:
        return text
    if kind is bool:
        if text.lower() not in _BOOLEANS:
            raise ValueError(f"{name}={text!r} is neither true nor false")
        return _BOOLEANS[text.lower()]
    if kind is int or kind is float:
        try:
            return int(text) if kind is int else float(text)
        except ValueError:
            raise ValueError(f"{name}={text!r} is not a number") from None
    raise TypeError(f"settings field of {name} has the unsupported type {kind!r}")


def _without_none(kind: object) -> object:
    if get_origin(kind) in (Union, types.UnionType):
        (kind,) = (arm for arm in get_args(kind) if arm is not type(None))
    return kind


def _required(it: Field[Setting]) -> bool:
    return it.default is MISSING


@dataclass(frozen=True, kw_only=True)
class EnvSettings:
    """Base of every function's settings.

    Field types: ``str``, ``int``, ``float``, ``bool`` and these or ``None``. A variable that is absent or empty takes
    the field's default; a field without default is required.
    """

    usecase: str
    stage: str

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Read the settings from environment variables.

        Raises:
            SettingsError: naming every variable that is missing or invalid, not only the first.
        """
        kinds = get_type_hints(cls)
        values: dict[str, Setting] = {}
        problems = []
        for it in fields(cls):
            name = it.name.upper()
            text = env.get(name, "")
            if text:
                try:
                    values[it.name] = _scalar(_without_none(kinds[it.name]), name, text)
                except ValueError as exc:
                    problems.append(str(exc))
            elif _required(it):
                problems.append(f"{name} is missing")
        if problems:
            raise SettingsError(f"{cls.__module__}: {'; '.join(problems)}")
        # from_env has checked each value against the field's own annotation, which the type checker cannot follow.
        return cls(**values)  # type: ignore[arg-type]

    def to_env(self) -> dict[str, str]:
        """The environment variables that ``from_env`` reads back as these settings.

        Text values may be CDK tokens. A field that is ``None`` or empty is left out.

        Raises:
            SettingsError: naming every required field that is empty.
        """
        values = {it.name: getattr(self, it.name) for it in fields(self)}
        empty = [it.name for it in fields(self) if _required(it) and values[it.name] in (None, "")]
        if empty:
            raise SettingsError(f"{type(self).__module__}: {', '.join(empty)} must not be empty")
        return {name.upper(): _text(value) for name, value in values.items() if value not in (None, "")}


def _text(value: Setting) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
