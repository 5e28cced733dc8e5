"""The verdict of an A/B test: what the answers of two variants cost, as their labels come in.

Captured answers say which variant gave them, by the folder they lie in; labels say what was true, under the same id.
An answer costs what the use case says: a missed positive or a false alarm, else nothing. Answers count in the order in
which their labels became known, with a look after each, so that the verdict is the same however often it is asked for.
"""

import re
from collections.abc import Iterable, Mapping
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
    trial = usecase.serving.trial
    if trial is None:
        raise ValueError("the use case has no serving.trial")
    comparison = Comparison(scale=trial.scale, alpha=trial.alpha)
    arms = {CHAMPION: comparison.champion, CHALLENGER: comparison.challenger}
    last = {it.inference_id: it for it in answers if it.variant in arms}
    known = sorted((truths[name].labelled_at, name) for name in last.keys() & truths.keys())
    for _, name in known:
        arms[last[name].variant].add(-_cost(usecase, last[name].decision, truths[name].value))
        comparison.look()
    return comparison.look()


def _cost(usecase: UseCase, decision: str, label: int) -> float:
    alarmed = decision != usecase.decision.bands[0].decision
    if label:
        return 0.0 if alarmed else usecase.label.missed_cost
    return usecase.label.false_alarm_cost if alarmed else 0.0
