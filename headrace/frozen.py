"""Frozen dataclasses that cost next to nothing to define; to a type checker they are those of ``dataclasses``.

``dataclasses`` writes six methods of each class as text and compiles them when the module is imported: over half of
what our modules add to a function's cold start. Here one text of each method, compiled with this file, serves every
class. To make an instance takes about twice as long, so what is made for every record stays with ``dataclasses``.
"""

import dataclasses
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Literal, TypeVar

__all__ = ["dataclass"]

_T = TypeVar("_T")
_write = object.__setattr__


def _defined(*, frozen: Literal[True], kw_only: bool = False) -> Callable[[type[_T]], type[_T]]:
    """As ``dataclasses.dataclass`` does, with ``field``, ``fields``, ``replace``, ``asdict`` and ``__post_init__``.

    Args:
        frozen: there are no others; said as ``dataclasses`` wants to be told.
        kw_only: whether instances are made with named arguments only.
    """

    def define(cls: type[_T]) -> type[_T]:
        cls = dataclasses.dataclass(init=False, repr=False, eq=False, kw_only=kw_only)(cls)
        own: Any = cls
        its = dataclasses.fields(own)
        own.__init__ = _initializer(own, its)
        own.__repr__ = _representer([it.name for it in its if it.repr])
        own.__eq__, own.__hash__ = _comparers([it.name for it in its if it.compare])
        own.__setattr__, own.__delattr__ = _refuse_to_set, _refuse_to_delete
        return cls

    return define


def _initializer(cls: type[Any], its: Sequence[dataclasses.Field[Any]]) -> Callable[..., None]:
    taken = [(it.name, it.default, it.default_factory) for it in its if it.init]
    places = [it.name for it in its if it.init and not it.kw_only]
    concluded = hasattr(cls, "__post_init__")
    missing = dataclasses.MISSING

    def __init__(self: Any, *values: Any, **named: Any) -> None:
        given = _by_name(cls, places, values, named) if values else named
        left = len(given)
        for name, default, factory in taken:
            if name in given:
                value, left = given[name], left - 1
            elif default is not missing:
                value = default
            elif factory is not missing:
                value = factory()
            else:
                raise TypeError(f"{cls.__name__} needs {name}=")
            _write(self, name, value)
        if left:
            unknown = next(name for name in given if name not in {name for name, *_ in taken})
            raise TypeError(f"{cls.__name__} takes no {unknown}=")
        if concluded:
            self.__post_init__()

    return __init__


def _by_name(cls: type[Any], places: Sequence[str], values: Sequence[Any], named: dict[str, Any]) -> dict[str, Any]:
    if len(values) > len(places):
        raise TypeError(f"{cls.__name__} takes {len(places)} arguments without a name, not {len(values)}")
    placed = dict(zip(places, values, strict=False))
    for name in placed.keys() & named.keys():
        raise TypeError(f"{cls.__name__} got {name} twice")
    return placed | named


def _representer(names: Sequence[str]) -> Callable[[Any], str]:
    def __repr__(self: Any) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    return __repr__


def _comparers(names: Sequence[str]) -> tuple[Callable[[Any, object], bool], Callable[[Any], int]]:
    values: Callable[[Any], Any] = attrgetter(*names) if names else lambda _: ()

    def __eq__(self: Any, other: object) -> bool:
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    def __hash__(self: Any) -> int:
        return hash(values(self))

    return __eq__, __hash__


def _refuse_to_set(self: Any, name: str, value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: Any, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    dataclass = _defined
