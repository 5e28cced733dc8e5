"""The end of a story: when what happened, how quality went, what it saved; null where nothing happened."""

from dataclasses import asdict, dataclass

from cli.story.audit import DEPLOYED, FINISHED, REACTIONS, Decision
from cli.story.plot import DAY_S, Story
from cli.story.quality import RECOVERED, SPAN_DAYS, Answers
from headrace.schema import format_timestamp


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """When the loop did what, epoch seconds; None where it did not."""

    drift_at: int | None = None
    detected_at: int | None = None
    decided_at: int | None = None
    retrained_at: int | None = None
    promoted_at: int | None = None
    recovered_at: int | None = None

    def document(self) -> dict[str, str | None]:
        """As JSON, in UTC."""
        return {name: None if at is None else format_timestamp(at) for name, at in asdict(self).items()}


def nothing() -> dict[str, object]:
    """The blocks of a run in which nothing changes."""
    quality = dict.fromkeys(("before", "during", "after", "without_reaction"))
    return {
        "loop": Timeline().document(),
        "quality": {**quality, "curve": []},
        "money": None,
        "audit": [],
    }


def timeline(story: Story, trail: list[Decision], answers: Answers) -> Timeline:
    """Read when the loop did what.

    The first training, which everything begins with, is no reaction: only what comes after the first streamed event
    counts. Recovered is the end of the first day after the promotion from which on the answers of the last two days
    are at least nine tenths as precise as before the change.
    """
    lived = [it for it in trail if it.moment >= story.at]
    found = [it for it in lived if it.found and (story.since is None or it.moment >= story.since)]
    reactions = [it for it in lived if it.action in REACTIONS and it.found]
    trained = [it for it in lived if it.source == FINISHED and "succeeded" in f"{it.reason} {it.outcome}"]
    promoted = _first([it for it in lived if it.source == DEPLOYED])
    return Timeline(
        drift_at=story.since,
        detected_at=_first(found),
        decided_at=_decided(reactions),
        retrained_at=_first(trained),
        promoted_at=promoted,
        recovered_at=None if promoted is None else _recovered(story, answers, promoted),
    )


def _first(decisions: list[Decision]) -> int | None:
    return decisions[0].moment if decisions else None


def _decided(reactions: list[Decision]) -> int | None:
    """The first retraining that was decided, else the first reaction of any kind."""
    return _first([it for it in reactions if it.action == "retrain"]) or _first(reactions)


def _recovered(story: Story, answers: Answers, promoted: int) -> int | None:
    before = answers.precision(story.at, story.since or promoted)
    end = story.at + story.days * DAY_S
    if before is None:
        return None
    first = promoted + (-promoted) % DAY_S
    for until in range(first, end + 1, DAY_S):
        value = answers.precision(max(promoted, until - SPAN_DAYS * DAY_S), until)
        if value is not None and value >= RECOVERED * before:
            return until
    return None


def blocks(story: Story, trail: list[Decision], answers: Answers) -> dict[str, object]:
    """``loop``, ``quality``, ``money`` and ``audit`` of the summary.

    ``quality`` is average precision: before the change, from the change to the promotion, from there (from recovery on,
    if there was one and then a whole span is left) to the end, and what the first model would have had there.
    """
    times, end = timeline(story, trail, answers), story.at + story.days * DAY_S
    quality: dict[str, object] = {
        "before": answers.precision(story.at, story.since or end),
        "during": None if story.since is None else answers.precision(story.since, times.promoted_at or end),
        "after": None,
        "without_reaction": None,
        "curve": answers.curve(story),
    }
    money = None
    if times.promoted_at is not None:
        quality["after"] = answers.precision(times.promoted_at, end)
        quality["without_reaction"] = answers.precision(times.promoted_at, end, score="first_score")
        spent = answers.cost(times.promoted_at, end)
        otherwise = answers.cost(times.promoted_at, end, decision="first_decision")
        money = {"with_reaction": spent, "without_reaction": otherwise, "saved": otherwise - spent}
    return {
        "loop": times.document(),
        "quality": quality,
        "money": money,
        "audit": [asdict(it) for it in trail],
    }
