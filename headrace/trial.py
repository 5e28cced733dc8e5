"""The verdict of an A/B test: what the answers of two variants cost, as their labels come in.

Captured answers say which variant gave them, by the folder they lie in; labels say what was true, under the same id.
An answer costs what the use case says: a missed positive or a false alarm, else nothing. Answers count in the order in
which their labels became known, with a look after each, so that the verdict is the same however often it is asked for.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from headrace.drift.capture import Captured
from headrace.errors import RejectedError
from headrace.ground_truth import Truth
from headrace.sequential import Comparison, Standing
from headrace.usecase import UseCase

CHAMPION, CHALLENGER = "AllTraffic", "Challenger"
_VARIANT = re.compile(r"(?:^|/)(?P<variant>[^/]+)/\d{4}/\d{2}/\d{2}/\d{2}/[^/]+$")


class Answered(NamedTuple):
    """One captured answer: its inference id, the variant that gave it, and the decision."""

    inference_id: str
    variant: str
    decision: str


def variant_of(key: str) -> str:
    """The variant in the key of a capture file, ``…/{variant}/yyyy/mm/dd/hh/name``.

    Raises:
        RejectedError: if it is no such key.
    """
    found = _VARIANT.search(key)
    if not found:
        raise RejectedError(f"{key!r} is no file of data capture")
    return found["variant"]


def answered(key: str, row: Captured) -> Answered | None:
    """A captured row as an answer; None if its id is not its own or it names no decision."""
    decision = row.columns.get("decision")
    if not row.single or not isinstance(decision, str):
        return None
    return Answered(row.inference_id, variant_of(key), decision)


@dataclass(kw_only=True)
class Tally:
    """What one variant did: answers, those of them with a label, alarms and their cost in money."""

    answers: int = 0
    alarms: int = 0
    labelled: int = 0
    positives: int = 0
    caught: int = 0
    false_alarms: int = 0
    cost: float = 0.0

    @property
    def alarm_rate(self) -> float | None:
        """The share of its answers that are alarms; None without answers."""
        return self.alarms / self.answers if self.answers else None

    @property
    def cost_per_answer(self) -> float | None:
        """The mean cost of its labelled answers; None without any."""
        return self.cost / self.labelled if self.labelled else None


def tally(usecase: UseCase, answers: Iterable[Answered], truths: Mapping[str, Truth]) -> dict[str, Tally]:
    """Count what each variant did.

    Args:
        usecase: with the costs of its label.
        answers: in any order; an id that came twice counts once, as it came last.
        truths: the label that counts, by inference id.

    Returns:
        A tally by variant.
    """
    found: dict[str, Tally] = {}
    for name, it in {it.inference_id: it for it in answers}.items():
        one = found.setdefault(it.variant, Tally())
        alarmed = _alarmed(usecase, it.decision)
        one.answers += 1
        one.alarms += alarmed
        if name in truths:
            label = truths[name].value
            one.labelled += 1
            one.positives += bool(label)
            one.caught += bool(label) and alarmed
            one.false_alarms += not label and alarmed
            one.cost += cost(usecase, it.decision, label)
    return found


def comparison_of(usecase: UseCase) -> Comparison:
    """An empty comparison with the scale and level of the use case's trial.

    Raises:
        ValueError: if the use case has no trial.
    """
    trial = usecase.serving.trial
    if trial is None:
        raise ValueError("the use case has no serving.trial")
    return Comparison(scale=trial.scale, alpha=trial.alpha)


def judge(usecase: UseCase, answers: Iterable[Answered], truths: Mapping[str, Truth]) -> Standing:
    """Judge the challenger by the money its answers saved.

    Whatever is not the decision of the lowest band counts as an alarm. Both variants must have got their requests at
    random, as SageMaker deals them by weight. Events of one entity are taken as independent of each other.

    Args:
        usecase: with a trial, whose scale and level are used, and a label with costs.
        answers: of both variants, in any order; an id that came twice counts once, as it came last.
        truths: the label that counts, by inference id.

    Raises:
        ValueError: if the use case has no trial.
    """
    comparison = comparison_of(usecase)
    arms = {CHAMPION: comparison.champion, CHALLENGER: comparison.challenger}
    last = {it.inference_id: it for it in answers if it.variant in arms}
    known = sorted((truths[name].labelled_at, name) for name in last.keys() & truths.keys())
    for _, name in known:
        arms[last[name].variant].add(-cost(usecase, last[name].decision, truths[name].value))
        comparison.look()
    return comparison.look()


def cost(usecase: UseCase, decision: str, label: int) -> float:
    """What an answer costs once its label is known."""
    alarmed = _alarmed(usecase, decision)
    if label:
        return 0.0 if alarmed else usecase.label.missed_cost
    return usecase.label.false_alarm_cost if alarmed else 0.0


def _alarmed(usecase: UseCase, decision: str) -> bool:
    return decision != usecase.decision.bands[0].decision
