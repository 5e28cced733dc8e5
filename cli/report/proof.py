"""The proof that nothing was lost: sums over the stores, written out so that a reader can check them."""

from dataclasses import dataclass

from cli.report.record import RunRecord, number

Term = tuple[str, int]
"""Words and a count."""


@dataclass(frozen=True, kw_only=True)
class Equation:
    """Every record that was sent, and where one consumer left it."""

    name: str
    total: Term
    parts: tuple[Term, ...]

    @property
    def difference(self) -> int:
        """The total less its parts: positive where records are missing, negative where one is in two parts."""
        return self.total[1] - sum(count for _, count in self.parts)


@dataclass(frozen=True, kw_only=True)
class Proof:
    """``unaccounted`` as the run counted it (None: not counted), the sums, and the API's agreement with the stream."""

    unaccounted: int | None
    equations: tuple[Equation, ...]
    api_calls: int
    api_equal: int

    @property
    def sound(self) -> bool:
        """Whether nothing is unaccounted, and no sum says otherwise."""
        return self.unaccounted == 0 and all(one.difference <= 0 for one in self.equations)


def proof(run: RunRecord) -> Proof:
    """Write out the sums of a run; a sum with a count missing is left out."""
    delivery = ("events_in_lake", "in the lake"), ("events_quarantined", "quarantined")
    enrichment = (
        ("events_enriched", "enriched"),
        ("events_quarantined", "quarantined"),
        ("events_dead_lettered", "dead-lettered"),
        *((("events_dropped", "dropped as copies"),) if run.count("events_dropped") else ()),
    )
    found = (_equation(run, "Delivery", delivery), _equation(run, "Enrichment", enrichment))
    return Proof(
        unaccounted=run.count("unaccounted"),
        equations=tuple(one for one in found if one is not None),
        api_calls=round(number(run.summary, "api", "calls") or 0),
        api_equal=round(number(run.summary, "api", "equal") or 0),
    )


def _equation(run: RunRecord, name: str, keys: tuple[tuple[str, str], ...]) -> Equation | None:
    sent = run.count("events_sent")
    parts = [(words, run.count(key)) for key, words in keys]
    counted = tuple((words, count) for words, count in parts if count is not None)
    if sent is None or len(counted) < len(parts):
        return None
    return Equation(name=name, total=("sent", sent), parts=counted)
