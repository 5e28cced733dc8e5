"""The best of a batch: of everything that a page could show, what this visitor is likeliest to want."""

from collections.abc import Mapping, Sequence

from headrace.errors import RejectedError

TOP = "top"
"""The query parameter that asks for so many answers, the best first."""
_DIGITS = 6


def asked(query: Mapping[str, str], *, most: int) -> int | None:
    """How many answers are asked for; None for all of them, in the order of their events.

    Raises:
        RejectedError: if it is no whole number from 1 to ``most``.
    """
    given = query.get(TOP)
    if given is None:
        return None
    if not given.isascii() or not given.isdigit() or len(given) > _DIGITS or not 1 <= int(given) <= most:
        raise RejectedError(f"is no whole number from 1 to {most}", field=TOP)
    return int(given)


def best(answers: Sequence[dict[str, object]], count: int) -> list[dict[str, object]]:
    """The highest scores first, equal ones in the order of their events; then what has no score, fallbacks first."""
    return sorted(answers, key=_rank)[:count]


def _rank(answer: Mapping[str, object]) -> tuple[bool, float]:
    score = answer.get("score")
    return ("error" in answer, -score if isinstance(score, float) else 1.0)
