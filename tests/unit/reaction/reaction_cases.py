"""Findings, use cases and moments for tests of the reaction."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import usecases
from headrace.events import Kind
from headrace.reaction import Decision, Finding, Memory, Moment, on_finding
from headrace.usecase import Reaction, UseCase

DAY = 86_400
START = 1_767_225_600
USECASE = replace(usecases.load("fraud"), reaction=Reaction())


def usecase(**policy: Any) -> UseCase:
    """Fraud with a policy."""
    return replace(USECASE, reaction=Reaction(**policy))


def window(
    number: int, distances: Mapping[str, float] | None = None, *, kind: Kind = "data_quality", **more: Any
) -> Finding:
    """The finding of the window that ends so many days after the start."""
    at = START + number * DAY
    return Finding(kind=kind, at=at, source=f"s3://lake/{number}", distances=distances or {}, **more)


def moment(found: Finding, after_s: int = 3_600) -> Moment:
    """The moment its document arrives."""
    return Moment(id=f"{found.kind}-{found.at}", at=found.at + after_s)


def react(*found: Finding, case: UseCase = USECASE, memory: Memory | None = None) -> tuple[Memory, list[Decision]]:
    """Decide on findings one after the other."""
    known, decisions = memory or Memory(), []
    for it in found:
        known, decision = on_finding(known, it, case, moment(it))
        decisions.append(decision)
    return known, decisions


def actions(*found: Finding, case: UseCase = USECASE, memory: Memory | None = None) -> list[str]:
    """What is done about each."""
    return [it.action for it in react(*found, case=case, memory=memory)[1]]
