"""What the loop did by itself when the world changed: its steps, quality with and without them, every decision."""

from dataclasses import dataclass
from datetime import datetime

from cli.report.record import RunRecord, number, rows, section, text
from cli.report.wording import duration

STEPS = {
    "drift_at": "the world changed",
    "detected_at": "a monitor saw it",
    "decided_at": "the platform decided",
    "retrained_at": "a new model passed its gates",
    "promoted_at": "the new model answered",
    "recovered_at": "answers were good again",
}
QUALITIES = {
    "before": "before the change",
    "during": "until the new model",
    "after": "with the new model",
    "without_reaction": "the same time without it",
}
NEVER, WAITS = "did not happen", "waits for a person's approval"
MOST_DECISIONS = 40
QUIET = "ignore"


@dataclass(frozen=True)
class Step:
    """One step of the loop: what, when (UTC) or why not, and how long after the change."""

    words: str
    at: str
    later: str = ""
    happened: bool = True


@dataclass(frozen=True)
class Point:
    """Average precision of the days before a moment (epoch seconds), with and without reaction; None if unknown."""

    until: int
    reached: float | None
    without: float | None


@dataclass(frozen=True)
class Reaction:
    """Everything the page shows of it. ``moments`` are the steps that happened, in epoch seconds, by their words."""

    scenario: str
    steps: list[Step]
    moments: dict[str, int]
    points: list[Point]
    qualities: dict[str, float | None]
    saved: float | None
    spent: float | None
    otherwise: float | None
    decisions: list[dict[str, str]]
    ignored: int


def reaction(run: RunRecord) -> Reaction | None:
    """Read it from the summary; None of a run that lasted too short to be watched."""
    points = [
        Point(int(number(it, "until") or 0), number(it, "average_precision"), number(it, "without"))
        for it in rows(section(run.summary, "quality"), "curve")
    ]
    if not points:
        return None
    moments = {words: at for key, words in STEPS.items() if (at := _moment(run, key)) is not None}
    decided = [
        {name: text(it, name) for name in ("at", "action", "severity", "reason")} for it in rows(run.summary, "audit")
    ]
    spoken = [it for it in decided if it["action"] != QUIET]
    return Reaction(
        scenario=text(run.summary, "scenario"),
        steps=[_step(run, key, words) for key, words in STEPS.items()],
        moments=moments,
        points=points,
        qualities={words: number(run.summary, "quality", key) for key, words in QUALITIES.items()},
        saved=number(run.summary, "money", "saved"),
        spent=number(run.summary, "money", "with_reaction"),
        otherwise=number(run.summary, "money", "without_reaction"),
        decisions=spoken[:MOST_DECISIONS],
        ignored=len(decided) - len(spoken),
    )


def _moment(run: RunRecord, key: str) -> int | None:
    written = text(section(run.summary, "loop"), key)
    return int(datetime.fromisoformat(written).timestamp()) if written else None


def _step(run: RunRecord, key: str, words: str) -> Step:
    at, began = _moment(run, key), _moment(run, "drift_at")
    if at is None:
        return Step(words, WAITS if _waits(run, key) else NEVER, happened=False)
    later = f"{duration(at - began)} later" if began is not None and at > began else ""
    return Step(words, text(section(run.summary, "loop"), key)[:16].replace("T", " "), later)


def _waits(run: RunRecord, key: str) -> bool:
    """Whether the step is the first that a person has yet to allow."""
    return (
        key == "promoted_at" and run.usecase.reaction.promotion == "manual" and _moment(run, "retrained_at") is not None
    )
