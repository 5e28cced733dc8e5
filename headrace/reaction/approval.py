"""Model packages that people have yet to approve: while one waits, drift trains no second one next to it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from headrace.reaction.pace import tried_within
from headrace.schema import format_timestamp
from headrace.usecase import UseCase

Verdict = Literal["PendingManualApproval", "Approved", "Rejected"]
"""SageMaker's ``ModelApprovalStatus``; what comes later wins where two are of one second."""
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
PENDING = VERDICTS[0]
MOST_PACKAGES = 8


@dataclass(frozen=True, kw_only=True)
class Package:
    """One version of our group, as it was last heard of.

    Attributes:
        version: its number.
        verdict: whether it may serve.
        since: when it was registered, epoch seconds.
        at: when it was last changed, epoch seconds.
    """

    version: int
    verdict: Verdict
    since: int
    at: int


def noted(known: Iterable[Package], news: Package) -> tuple[Package, ...]:
    """The newest packages with news of one, whatever order news come in: of each version the latest counts."""
    latest = {it.version: it for it in known}
    latest[news.version] = max(filter(None, (latest.get(news.version), news)), key=_age)
    return tuple(sorted(latest.values(), key=lambda it: it.version))[-MOST_PACKAGES:]


def waiting(known: Iterable[Package], serving: int, usecase: UseCase, at: int) -> str:
    """Which package still waits for a person, in words; empty if none does, or none that would be believed.

    Args:
        known: every package that was heard of.
        serving: the version in force, 0 for none.
        usecase: whose policy says how long one may wait; to the nearest window, as everything that holds back.
        at: now, epoch seconds.
    """
    packages = tuple(known)
    overtaken = max((serving, *(it.version for it in packages if it.verdict == "Approved")))
    for it in reversed(packages):
        held_s = usecase.reaction.approval_within_s
        if it.verdict == PENDING and it.version > overtaken and tried_within((it.since,), held_s, usecase, at):
            return f"v{it.version} waits for a person's approval since {format_timestamp(it.since)}"
    return ""


def _age(it: Package) -> tuple[int, int]:
    return it.at, VERDICTS.index(it.verdict)
