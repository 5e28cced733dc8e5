"""``headrace evolve``: what a changed use case does to deployed features, and the record that allows it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import usecases
from headrace.evolution import Evolution, Gap, compare, gaps
from stacks import recorded


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What was found, which features stored state cannot answer yet, and the record's file if it was written."""

    evolution: Evolution
    gaps: tuple[Gap, ...]
    written: Path | None

    def summary(self) -> dict[str, object]:
        """The document of ``--json``."""
        it = self.evolution
        return {
            "usecase": it.after.usecase,
            "version": it.after.version,
            "recorded_version": it.before.version if it.before else None,
            "new": [*it.added],
            "removed": [*it.removed],
            "retyped": [
                {"feature": one.name, "changes": {part: list(pair) for part, pair in one.changes.items()}}
                for one in it.retyped
            ],
            "allowed": not it.refusals,
            "refusals": [str(one) for one in it.refusals],
            "rebuild": [asdict(one) for one in self.gaps],
            "models": models(it),
            "next": list(self.next()),
            "written": str(self.written) if self.written else None,
        }

    def next(self) -> Iterator[str]:
        """What is to be done now, in order; nothing if the change is refused."""
        it = self.evolution
        if it.refusals:
            return
        if self.written:
            yield f"commit {self.written.parent.name}/{self.written.name}, then deploy"
        if self.gaps:
            yield (
                f"after the deployment `headrace rebuild -u {it.after.usecase} --stage ...`: until then "
                f"{', '.join(gap.feature for gap in self.gaps)} count only what is new"
            )
        if it.raised:
            yield f"once no model reads the feature groups of version {it.after.kept[-1].version}: --retire them"


def evolve(usecase: str, *, retire: int | None = None) -> Outcome:
    """Compare a use case with its record, and write the record if the changes are allowed.

    Args:
        usecase: its name.
        retire: an earlier version whose feature groups nothing reads any more; it leaves the record.

    Raises:
        UseCaseError: if there is no such use case or version, or the record is unreadable.
    """
    before = recorded.load(usecase)
    now = usecases.load(usecase)
    evolution = compare(before, now)
    lacking = gaps(before, now)
    if evolution.refusals:
        return Outcome(evolution=evolution, gaps=lacking, written=None)
    after = evolution.after if retire is None else evolution.after.without(retire)
    return Outcome(evolution=evolution, gaps=lacking, written=None if after == before else recorded.save(after))


def models(evolution: Evolution) -> str:
    """What becomes of the models that were trained so far."""
    changed = [*evolution.removed, *(it.name for it in evolution.retyped)]
    if evolution.before is None:
        return "no model was trained on recorded features yet"
    if not changed:
        return "every model keeps working: it reads its features by name, all of them as before"
    return (
        f"models trained so far no longer get what they learned from in {', '.join(changed)}: "
        "train and approve a new one right after the deployment"
    )
