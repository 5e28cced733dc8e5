"""Shots and answers for tests of the load test."""

from typing import Any

from cli.loadtest.caller import Reply
from cli.loadtest.driving import Shot
from cli.loadtest.truth import Expected, Truth

TRUTH: Truth = {"v1": [Expected(0.25, "APPROVE"), Expected(0.9, "BLOCK")], "v2": [Expected(0.5, "REVIEW")] * 2}


def answer(
    score: float | None = 0.25, version: str | None = "v1", decision: str = "APPROVE", **more: Any
) -> dict[str, Any]:
    """The body of an answer with a score."""
    return {"score": score, "model_version": version, "decision": decision, "degraded": False, **more}


def degraded(
    decision: str = "REVIEW", reason: str | None = "endpoint_error", score: float | None = None
) -> dict[str, Any]:
    """The body of an answer without one."""
    return {"score": score, "model_version": None, "decision": decision, "degraded": True, "reason": reason}


def shot(number: int = 0, body: dict[str, Any] | None = None, *, status: int = 200, late_s: float = 0.0) -> Shot:
    """One request due at its number in seconds and answered 10 ms after it was sent."""
    sent = number + late_s
    return Shot(number, float(number), sent, sent + 0.01, Reply(status, answer() if body is None else body))
