"""Which days have to be computed again, and why: nothing that stands on the same features, events and labels."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.training_set import code
from pipelines.training_set.days import iso
from pipelines.training_set.index import Index, Summary
from pipelines.training_set.order import Order
from pipelines.training_set.record import Basis, Kept

_NAMED = 3
"""So many days are named in a reason; of more only how many there are."""


@dataclass(frozen=True)
class Plan:
    """What to do.

    Attributes:
        bases: what every day of the set rests on.
        reasons: why each day that has to be computed has to be.
        leftovers: keys of files and records that are no part of the set as it is ordered.
    """

    bases: Mapping[int, Basis]
    reasons: Mapping[int, Sequence[str]]
    leftovers: Sequence[str]


def plan(order: Order, index: Index, kept: Kept) -> Plan:
    """Compare what the set should rest on with what is there."""
    events, labels = _digests(index.events, {}), _digests(*_known(order, index.labels))
    bases = {day: _basis(order, day, events, labels) for day in order.days}
    reasons = {day: why for day in order.days if (why := _reasons(order, day, bases[day], kept))}
    ours = {
        f"{folder}dt={iso(day)}/part-{part}."
        for day in order.days
        for part in range(order.parts)
        for folder in ("", "_records/")
    }
    leftovers = [
        key
        for key in kept.objects
        if "dt=" in key and key.removeprefix(order.prefix).rpartition(".")[0] + "." not in ours
    ]
    return Plan(bases, reasons, leftovers)


def _known(order: Order, labels: Iterable[Summary]) -> tuple[list[Summary], dict[str, str]]:
    """The objects with labels that were known in time; of those that hold later ones too, the cut-off matters."""
    cut = order.labels_until * 1_000
    known = [it for it in labels if it.first_ms < cut]
    return known, {it.key: str(order.labels_until) for it in known if it.last_ms >= cut}


def _digests(summaries: Iterable[Summary], besides: Mapping[str, str]) -> dict[int, str]:
    digests: defaultdict[int, Any] = defaultdict(lambda: hashlib.blake2b(digest_size=8))
    for it in summaries:
        for day, count in it.days.items():
            digests[day].update(f"{it.key}\0{it.etag}\0{count}\0{besides.get(it.key, '')}\n".encode())
    return {day: digest.hexdigest() for day, digest in digests.items()}


def _basis(order: Order, day: int, events: Mapping[int, str], labels: Mapping[int, str]) -> Basis:
    # The day before the windows' reach tells which events are copies of earlier ones.
    event_days = range(day - order.events_back - order.usecase.event.drop_duplicates, day + 1)
    label_days = {day, *range(day - order.labels_back, day - order.labels_ahead + 1)} if order.labels_back else {day}
    return Basis(
        features=order.fingerprint,
        code=code.version(),
        events={iso(it): events[it] for it in event_days if it in events},
        labels={iso(it): labels[it] for it in sorted(label_days) if it in labels},
    )


def _reasons(order: Order, day: int, basis: Basis, kept: Kept) -> list[str]:
    records = kept.whole(order, day)
    if not records:
        seen = any((iso(day), part) in kept.records for part in range(order.parts))
        return ["its file is not as it was written" if seen else "it is new"]
    before = records[0].basis
    if any(it.basis != before for it in records):
        return ["its files rest on different inputs"]
    reasons = [f"the {name} changed" for name in ("features", "code") if getattr(before, name) != getattr(basis, name)]
    for name in ("events", "labels"):
        if changed := _changed(getattr(before, name), getattr(basis, name)):
            reasons.append(f"{name} of {changed} changed")
    return reasons


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    days = sorted(it for it in before.keys() | after.keys() if before.get(it) != after.get(it))
    return ", ".join(days) if len(days) <= _NAMED else f"{len(days)} days from {days[0]} to {days[-1]}"
