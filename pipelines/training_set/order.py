"""What a training set is ordered for: use case, days, what was known when, and how far windows make it look back."""

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property

from headrace.usecase import UseCase
from pipelines.training_set.days import DAY_S, iso
from pipelines.training_set.errors import LakeError

FOLDER = "training"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_AHEAD_DAYS = 1
"""An event may claim a time up to an hour after its arrival, so its partition may be the day before."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """One training set: labelled events of the days [since, until), as whole days since the epoch.

    Attributes:
        usecase: whose features and label.
        name: of the set; it lies under ``training/{name}/``.
        since: the first day.
        until: the day after the last.
        labels_until: in seconds; labels that reached the platform before it count.
        late_days: how many days after its event a record may arrive and still be found.
        parts: files per day; a row's event id decides which. One fits a day of a few million rows.
        longest_stretch: how many days one machine computes at a time; None: as many as the windows reach back.
    """

    usecase: UseCase
    name: str
    since: int
    until: int
    labels_until: int
    late_days: int = 7
    parts: int = 1
    longest_stretch: int | None = None

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise LakeError(f"set: {self.name!r} is not a name; use letters, digits, '.', '_' and '-'")
        if self.since >= self.until:
            raise LakeError(f"until: {iso(self.until)} is not after since ({iso(self.since)}); name a later day")
        if self.late_days < 0 or self.parts < 1:
            raise LakeError("late_days is negative or parts is below 1; use at least 0 days and 1 part")

    @property
    def prefix(self) -> str:
        """The folder of the set."""
        return f"{FOLDER}/{self.name}/"

    @property
    def days(self) -> range:
        """Every day of the set."""
        return range(self.since, self.until)

    @cached_property
    def events_back(self) -> int:
        """How many days before a day its event windows reach."""
        return self._back("events")

    @cached_property
    def labels_back(self) -> int:
        """How many days before a day its label windows reach."""
        return self._back("labels")

    @property
    def stretch_days(self) -> int:
        """How many days are computed at a time."""
        return self.longest_stretch or max(1, self.events_back)

    def _back(self, source: str) -> int:
        reaches = (it.length_s + it.delay_s for it in self.usecase.window_features if it.source == source)
        return -(-max(reaches, default=0) // DAY_S)

    @cached_property
    def labels_ahead(self) -> int:
        """How many days before a day the newest label that its windows can cover lies at least."""
        delays = (it.delay_s for it in self.usecase.window_features if it.source == "labels")
        return min(delays, default=0) // DAY_S

    def event_arrivals(self) -> range:
        """The days of arrival among which the events of the set and of its windows are."""
        return range(self.since - self.events_back - 1 - _AHEAD_DAYS, self.until + self.late_days)

    def label_arrivals(self) -> range:
        """The days of arrival among which the labels of the set and of its windows are."""
        return range(self.since - self.labels_back - _AHEAD_DAYS, -(-self.labels_until // DAY_S))

    @cached_property
    def fingerprint(self) -> str:
        """A digest of everything in the use case that decides what a row holds."""
        case, shape = self.usecase, self.usecase.event
        fields = [(it.name, it.type, it.allowed, it.privacy) for it in shape.fields]
        decided = (
            fields, shape.id, shape.timestamp, shape.drop_duplicates,
            [(it.name, it.key) for it in case.entities], case.inputs, case.calendar, case.window_features,
            case.expressions, case.facet_fields, case.label.field, case.label.delay_s, self.parts,
        )  # fmt: skip
        return hashlib.blake2b(repr(decided).encode(), digest_size=16).hexdigest()
