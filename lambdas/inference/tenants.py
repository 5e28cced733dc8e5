"""Whose model answers, where one endpoint holds many: events are scored together only with those of their tenant."""

import re
from collections.abc import Callable, Sequence

from headrace.features import Vector
from lambdas.shared.scoring import Scored, Scorer

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_MOST_KEPT = 1_000


def model_of(tenant: str) -> str | None:
    """The name under which the endpoint knows a tenant's model; None for a text that can be no part of a place."""
    return f"{tenant}/model.tar.gz" if _NAME.fullmatch(tenant) else None


class TenantScorers:
    """One scorer per model, made when its first event comes; each keeps its own count of failures."""

    def __init__(self, make: Callable[[str], Scorer]) -> None:
        self._make = make
        self._made: dict[str, Scorer] = {}

    def score(
        self, tenants: Sequence[str], vectors: Sequence[Vector], ids: Sequence[str], *, explain: int
    ) -> list[Scored]:
        """One answer per vector, in order; ``no_model`` for a tenant that cannot have one.

        All tenants share one deadline, so that many dead models together cost a caller no more than one.
        """
        until: float | None = None
        answers = [Scored(degraded="no_model")] * len(vectors)
        for tenant in dict.fromkeys(tenants):
            model = model_of(tenant)
            if model is None:
                continue
            places = [place for place, it in enumerate(tenants) if it == tenant]
            scorer = self._scorer(model)
            until = scorer.clock() + scorer.deadline_s if until is None else until
            asked = [vectors[it] for it in places]
            found = scorer.score(asked, [ids[it] for it in places], explain=explain, until=until)
            for place, answer in zip(places, found, strict=True):
                answers[place] = answer
        return answers

    def _scorer(self, model: str) -> Scorer:
        if model not in self._made:
            if len(self._made) >= _MOST_KEPT:
                self._made.clear()  # rare, and only what failed lately is forgotten
            self._made[model] = self._make(model)
        return self._made[model]
