"""When to train again: the policies that a backtest compares, by the names that the command line has for them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from headrace import duration
from headrace.errors import UseCaseError

NEVER = "never"
WEEK_S = 604_800
_DRIFT, _LABELS = "drift: ", " new labels"
_SPELLINGS = "never, weekly, every:<duration>, labels:<n>, drift, or several joined by +, such as drift+weekly"


@dataclass(frozen=True, kw_only=True)
class Situation:
    """What may be known when a policy is asked.

    Attributes:
        now: the moment, in epoch seconds.
        tried_at: when a model was last trained, whether or not it passed its gates.
        labels: how many labels have become known since then.
        drift: looks for drift and says what it found, None if nothing; costly, so it is asked only if needed.
        too_soon: why the reaction would still hold back a training because of drift or labels; empty if it would not.
    """

    now: int
    tried_at: int
    labels: int
    drift: Callable[[], str | None]
    too_soon: str = ""


class Policy(Protocol):
    """Decides when to train again; the first model is everybody's, and is not asked for here."""

    @property
    def name(self) -> str:
        """As it is written on the command line."""

    @property
    def persists(self) -> bool:
        """Whether it trains at every step for as long as there is no model."""

    @property
    def watches(self) -> bool:
        """Whether it asks for drift."""

    def due(self, at: Situation) -> str | None:
        """Why to train now; None if there is no reason."""


@dataclass(frozen=True)
class Never:
    """One training, whatever comes of it."""

    name: str = NEVER
    persists: bool = False
    watches: bool = False

    def due(self, at: Situation) -> None:
        """Never."""
        del at


@dataclass(frozen=True)
class Every:
    """Again and again after a fixed time."""

    name: str
    period_s: int
    persists: bool = True
    watches: bool = False

    def due(self, at: Situation) -> str | None:
        """Due if the last training is so long ago."""
        return f"{self.name}: time is up" if at.now - at.tried_at >= self.period_s else None


@dataclass(frozen=True)
class NewLabels:
    """Whenever so many labels have become known."""

    name: str
    least: int
    persists: bool = True
    watches: bool = False

    def due(self, at: Situation) -> str | None:
        """Due if so many labels are new since the last training, and the reaction would not call it too soon."""
        return f"{at.labels:,}{_LABELS}" if at.labels >= self.least and not at.too_soon else None


@dataclass(frozen=True)
class Drifted:
    """Whenever the deployed model's events, scores or results are not what they were."""

    name: str = "drift"
    persists: bool = True
    watches: bool = True

    def due(self, at: Situation) -> str | None:
        """Due if there is drift, and the reaction would not call it too soon."""
        found = None if at.too_soon else at.drift()
        return None if found is None else f"{_DRIFT}{found}"


@dataclass(frozen=True)
class AnyOf:
    """Whenever one of several policies would."""

    name: str
    policies: tuple[Policy, ...]
    persists: bool = True

    @property
    def watches(self) -> bool:
        """Whether any of them asks for drift."""
        return any(it.watches for it in self.policies)

    def due(self, at: Situation) -> str | None:
        """The first reason that there is."""
        return next((reason for it in self.policies if (reason := it.due(at)) is not None), None)


def reacts(reason: str) -> bool:
    """Whether a reason is one of those whose trainings the reaction's cooldown and budget count."""
    return reason.startswith(_DRIFT) or reason.endswith(_LABELS)


def parse(texts: Sequence[str], *, step_s: int) -> tuple[Policy, ...]:
    """Read policies as they were given, each text one or several with commas.

    Args:
        texts: of the option ``--policy``.
        step_s: how often policies are asked, in seconds.

    Raises:
        UseCaseError: if one is unknown, there twice, or wants to be asked more often than every step.
    """
    names = [name.strip() for text in texts for name in text.split(",") if name.strip()]
    if not names:
        raise UseCaseError("--policy", "names no policy", f"give {_SPELLINGS}")
    for name in names:
        if names.count(name) > 1:
            raise UseCaseError("--policy", f"{name!r} is there twice", "compare each policy once")
    return tuple(_read(name, step_s) for name in names)


def _read(name: str, step_s: int) -> Policy:
    parts = name.split("+")
    if len(parts) == 1:
        return _one(name, step_s)
    if NEVER in parts:
        raise UseCaseError("--policy", f"{name!r} joins never with something", "leave never out, or let it stand alone")
    return AnyOf(name, tuple(_one(part.strip(), step_s) for part in parts))


def _one(name: str, step_s: int) -> Policy:
    kind, colon, text = name.partition(":")
    if kind == "labels" and colon:
        if not (text.isdecimal() and int(text)):
            raise UseCaseError("--policy", f"{name!r} says no number of labels", "for example labels:500")
        return NewLabels(name, int(text))
    if (kind == "every" and colon) or name == "weekly":
        return Every(name, _period_s(name, text, step_s))
    if name == NEVER:
        return Never()
    if name == "drift":
        return Drifted()
    raise UseCaseError("--policy", f"there is no policy {name!r}", f"use {_SPELLINGS}")


def _period_s(name: str, text: str, step_s: int) -> int:
    try:
        period_s = WEEK_S if name == "weekly" else duration.seconds(text)
    except ValueError as exc:
        raise UseCaseError("--policy", f"{name!r}: {exc}", "for example every:14d") from exc
    if period_s < step_s:
        raise UseCaseError("--policy", f"{name!r} is due more often than it is asked", "give a shorter --step")
    return period_s
