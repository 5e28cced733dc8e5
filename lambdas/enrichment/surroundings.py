"""Accepted events with what is looked up of them: before any state is read, so that windows see it as well."""

from collections.abc import Sequence

from lambdas.enrichment.parts import Accepted
from lambdas.shared.looked_up import LookingUp


def looked_up(accepted: Sequence[Accepted], lookups: LookingUp | None) -> Sequence[Accepted]:
    """The same records, their events filled; as they are where the use case looks nothing up. Raises as it does."""
    if lookups is None:
        return accepted
    events = lookups.filled([it.event for it in accepted])
    return [it._replace(event=event) for it, event in zip(accepted, events, strict=True)]
