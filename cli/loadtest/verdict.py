"""What a load test found: every answer judged, counted and timed."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

import numpy as np

from cli.loadtest.caller import NO_ANSWER
from cli.loadtest.driving import Shot
from cli.loadtest.truth import Truth

Judgement = Literal["ok", "degraded", "wrong", "failed_5xx", "refused", "unanswered"]
JUDGEMENTS: tuple[Judgement, ...] = ("ok", "degraded", "wrong", "failed_5xx", "refused", "unanswered")
TOLERANCE = 1e-6
"""Half of what JSON and 32-bit floats could make of the same score is far below it, another model far above."""
IsRight = Callable[[int, dict[str, Any]], bool]
"""Whether an answer with a score, to the question of that position, is right."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One request and what became of it."""

    shot: Shot
    judgement: Judgement


def by_truth(truth: Truth) -> IsRight:
    """An answer is right if the version that it names gives that score and that decision."""

    def is_right(position: int, body: dict[str, Any]) -> bool:
        expected = truth.get(str(body.get("model_version")))
        if expected is None or not isinstance(body["score"], int | float):
            return False
        right = expected[position]
        return abs(right.score - body["score"]) <= TOLERANCE and right.decision == body.get("decision")

    return is_right


def by_consistency() -> IsRight:
    """An answer is right if it names a version, and the version said the same to the question before.

    For a deployed API, whose models are not at hand: asked twice, an event of the past gets the same answer.
    """
    said: dict[tuple[int, str], tuple[object, object]] = {}

    def is_right(position: int, body: dict[str, Any]) -> bool:
        version = body.get("model_version")
        answer = (body["score"], body.get("decision"))
        return bool(version) and said.setdefault((position, str(version)), answer) == answer

    return is_right


def judge(shots: Sequence[Shot], questions: int, fallback: str, is_right: IsRight) -> list[Judged]:
    """Judge every answer.

    Args:
        shots: in the order of the timetable.
        questions: how many different ones there are.
        fallback: the decision that the use case declares for answers without a score.
        is_right: judges answers with a score.
    """
    return [Judged(shot, _judgement(shot, shot.number % questions, fallback, is_right)) for shot in shots]


def _judgement(shot: Shot, position: int, fallback: str, is_right: IsRight) -> Judgement:
    status, body = shot.reply.status, shot.reply.body
    if status == NO_ANSWER:
        return "unanswered"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "failed_5xx"
    if status != HTTPStatus.OK:
        return "refused"
    if body.get("degraded") is True:
        as_declared = body.get("score") is None and body.get("decision") == fallback and bool(body.get("reason"))
        return "degraded" if as_declared else "wrong"
    return "ok" if body.get("score") is not None and is_right(position, body) else "wrong"


def summary(judged: Sequence[Judged]) -> dict[str, Any]:
    """Counts, latencies over every request that was answered, and how many answers each version gave."""
    counts = Counter(it.judgement for it in judged)
    answered = [it.shot.latency_ms for it in judged if it.judgement != "unanswered"]
    versions = Counter(str(it.shot.reply.body["model_version"]) for it in judged if _scored(it))
    reasons = Counter(str(it.shot.reply.body.get("reason")) for it in judged if it.judgement == "degraded")
    return {
        "sent": len(judged),
        **{name: counts[name] for name in JUDGEMENTS},
        "p50_ms": _quantile(answered, 50),
        "p99_ms": _quantile(answered, 99),
        "versions": dict(sorted(versions.items())),
        "reasons": dict(sorted(reasons.items())),
    }


def examples(judged: Sequence[Judged], most: int = 3) -> dict[str, list[dict[str, Any]]]:
    """Some answers of each kind that should not be."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for it in judged:
        if it.judgement not in ("ok", "degraded") and len(found[it.judgement]) < most:
            reply = it.shot.reply
            found[it.judgement].append({"at_s": round(it.shot.due_s, 2), "status": reply.status, "body": reply.body})
    return dict(found)


def _scored(it: Judged) -> bool:
    return it.shot.reply.status == HTTPStatus.OK and bool(it.shot.reply.body.get("model_version"))


def _quantile(values: Sequence[float], at: float) -> float | None:
    return round(float(np.percentile(values, at)), 1) if values else None
