"""Our frozen dataclasses do what those of ``dataclasses`` do."""

import copy
import pickle
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, asdict, field, fields, replace
from dataclasses import dataclass as standard
from typing import Any, ClassVar

import pytest

from headrace.frozen import dataclass


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A class with every kind of field."""

    kind: ClassVar[str] = "shape"

    name: str
    sides: int = 4
    notes: Mapping[str, int] = field(default_factory=dict)
    drawn: str = field(default="", repr=False, compare=False)
    corners: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "corners", self.sides)


@dataclass(frozen=True, kw_only=True)
class Solid(Shape):
    """One that inherits."""

    depth: float


@dataclass(frozen=True)
class Span:
    """One whose fields have places."""

    low: float
    high: float = 1.0


@dataclass(frozen=True)
class Nothing:
    """One without fields."""


@standard(frozen=True)
class StandardSpan:
    """The same of the standard library."""

    low: float
    high: float = 1.0


def test_absent_fields_take_their_defaults() -> None:
    square = Shape(name="square")
    assert (square.name, square.sides, square.notes, square.corners, square.kind) == ("square", 4, {}, 4, "shape")
    assert square.notes is not Shape(name="other").notes


def test_fields_have_places_unless_they_are_named_only() -> None:
    assert Span(0.5) == Span(low=0.5, high=1.0)
    with pytest.raises(TypeError, match="Shape takes 0 arguments without a name, not 1"):
        Shape("square")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"name": "a", "colour": "red"}, "Shape takes no colour="),
        ({"sides": 3}, "Shape needs name="),
        ({"name": "a", "corners": 3}, "Shape takes no corners="),
    ],
)
def test_wrong_arguments_are_named(given: dict[str, Any], why: str) -> None:
    with pytest.raises(TypeError, match=why):
        Shape(**given)


def test_a_field_given_twice_is_named() -> None:
    with pytest.raises(TypeError, match="Span got low twice"):
        Span(0.5, low=0.5)


def test_fields_can_neither_be_set_nor_deleted() -> None:
    span = Span(0.5)
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'low'"):
        span.low = 1.0
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'low'"):
        del span.low


def test_equal_are_those_of_one_class_with_equal_fields() -> None:
    assert Span(0.5) == Span(0.5)
    assert Span(0.5) != Span(0.6)
    assert Span(0.5) != StandardSpan(0.5)
    assert Nothing() == Nothing()
    assert Shape(name="a", drawn="today") == Shape(name="a", drawn="yesterday")
    assert len({Span(0.5), Span(0.5), Span(0.6)}) == 2
    assert hash(Nothing()) == hash(Nothing())


def test_they_show_their_fields_as_the_standard_ones_do() -> None:
    assert repr(Span(0.5)) == repr(StandardSpan(0.5)).removeprefix("Standard")
    assert repr(Shape(name="a", drawn="today")) == "Shape(name='a', sides=4, notes={}, corners=4)"


def test_a_subclass_has_the_fields_of_its_base() -> None:
    cube = Solid(name="cube", depth=2.0)
    assert [it.name for it in fields(cube)] == ["name", "sides", "notes", "drawn", "corners", "depth"]
    assert cube == Solid(name="cube", depth=2.0)
    assert cube != Shape(name="cube")


def test_they_are_replaced_copied_pickled_and_told_as_any_dataclass() -> None:
    span = Span(0.5)
    assert replace(span, high=2.0) == Span(0.5, 2.0)
    assert copy.deepcopy(span) == pickle.loads(pickle.dumps(span)) == span  # noqa: S301 - our own bytes
    assert asdict(span) == {"low": 0.5, "high": 1.0}
    match span:
        case Span(low, high):
            assert (low, high) == (0.5, 1.0)
