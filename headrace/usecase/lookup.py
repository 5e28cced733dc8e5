"""What the platform looks up of an event's surroundings: the weather of its city, the segment of its user.

Readings of a look-up are given to the platform by key and time. An event that does not bring a looked-up field itself
gets the value that held at its own time, whoever asks and whenever: see ``headrace.lookups``.
"""

from typing import TYPE_CHECKING

from headrace import duration
from headrace.frozen import dataclass
from headrace.usecase.checks import require, require_duration, require_key, require_name, require_one_of, require_unique

if TYPE_CHECKING:
    from headrace.usecase.definition import UseCase
    from headrace.usecase.event import Field

_TAKEN = "given_at"
"""What readings may say of themselves."""
MOST_LATENESS_S = 30 * 86_400


@dataclass(frozen=True, kw_only=True)
class Lookup:
    """Values that are known of a key over time, and the optional event fields that they fill.

    ``key`` is the event field that names whose readings count. The value of a field at event time t is that of the
    newest reading which has the field and whose time lies in ``(t - delay - max_age, t - delay]``; without ``max_age``
    a reading holds until the next. ``delay`` is how long after its time a reading may arrive: once it has passed, the
    value is the same for whoever looks. ``lateness`` is how far behind the key's newest reading an event may lie and
    still find its own.
    """

    name: str
    key: str
    fields: tuple[str, ...]
    max_age: str | None = None
    delay: str = "0s"
    lateness: str = "1d"

    def __post_init__(self) -> None:
        where = f"lookups[{self.name}]"
        require_name(self.name, where)
        require(
            _TAKEN not in (self.key, *self.fields),
            where,
            f"{_TAKEN!r} says when a reading was given",
            "rename the field",
        )
        require(bool(self.fields), f"{where}.fields", "is empty", "name the event fields that it fills")
        require_unique(self.fields, f"{where}.fields")
        delay = require_duration(self.delay, f"{where}.delay")
        lateness = require_duration(self.lateness, f"{where}.lateness")
        require(
            lateness <= MOST_LATENESS_S,
            f"{where}.lateness",
            "is above thirty days, and a key's readings are read with every event",
            "bring older events' values in the events themselves, as headrace features --lookup does",
        )
        if self.max_age is None:
            return
        age = require_duration(self.max_age, f"{where}.max_age")
        require(
            delay < age,
            f"{where}.delay",
            "is not shorter than max_age, so that a value is out of date before it may be used",
            "use a shorter delay or a longer max_age",
        )

    @property
    def delay_s(self) -> int:
        """How old a reading has to be before it is used, in seconds."""
        return duration.seconds(self.delay)

    @property
    def max_age_s(self) -> int | None:
        """For how long a reading holds after that, in seconds; None: until the next."""
        return None if self.max_age is None else duration.seconds(self.max_age)

    @property
    def lateness_s(self) -> int:
        """How far behind the newest reading an event may lie, in seconds."""
        return duration.seconds(self.lateness)


def check_lookups(usecase: "UseCase") -> None:
    """Check that look-ups, fields and each other agree. Raises UseCaseError."""
    require_unique((it.name for it in usecase.lookups), "lookups")
    names = [field.name for field in usecase.event.fields]
    filled: dict[str, str] = {}
    for it in usecase.lookups:
        where = f"lookups[{it.name}]"
        require_one_of(it.key, names, f"{where}.key")
        require_key(usecase.event.field(it.key), it.name, f"{where}.key")
        _check_key(usecase.event.field(it.key), f"{where}.key")
        for name in it.fields:
            place = f"{where}.fields[{name}]"
            require_one_of(name, names, place)
            _check_filled(usecase.event.field(name), place)
            taken = filled.setdefault(name, it.name)
            require(taken == it.name, place, f"is filled by {taken!r} already", "leave it to one look-up")


def _check_key(key: "Field", where: str) -> None:
    require(
        key.privacy == "clear" and key.sensitive is None,
        where,
        f"{key.name!r} must not be seen, and readings come to the lake as files that show it",
        "look up by a field in clear, or let the producer bring the values",
    )


def _check_filled(field: "Field", where: str) -> None:
    require(field.type != "timestamp", where, "is a time", "look up numbers, texts and truths")
    require(
        not field.required,
        where,
        "is required, so that an event without it is refused before it can be filled",
        "set required=False",
    )
    require(
        field.privacy == "clear" and field.sensitive is None,
        where,
        "must not be seen, and readings come to the lake as files that show it",
        "set privacy='clear' without sensitive, or let the producer bring it",
    )
