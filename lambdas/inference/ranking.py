"""The best of a batch: of everything that a page could show, what this visitor is likeliest to want."""

from collections.abc import Mapping, Sequence

from headrace.errors import RejectedError

TOP = "top"
"""The query parameter that asks for so many answers, the best first."""
_DIGITS = 6


def asked(query: Mapping[str, str], *, most: int, ranked: bool) -> int | None:
    """How many answers are asked for; None for all of them, in the order of their events.

    Args:
        query: of the request.
        most: as many events as a request may hold.
        ranked: whether scores are there when the request is answered.

    Raises:
        RejectedError: if it is no whole number from 1 to ``most``, or there are no scores to rank by.
    """
    given = query.get(TOP)
    if given is None:
        return None
    if not ranked:
        raise RejectedError("needs scores, and they come later: leave it out", field=TOP)
    if not given.isascii() or not given.isdigit() or len(given) > _DIGITS or not 1 <= int(given) <= most:
        raise RejectedError(f"is no whole number from 1 to {most}", field=TOP)
    return int(given)


def best(answers: Sequence[dict[str, object]], count: int) -> list[dict[str, object]]:
    """The highest scores first, equal ones in the order of their events; then what has no score, fallbacks first."""
    return sorted(answers, key=_rank)[:count]


def _rank(answer: Mapping[str, object]) -> tuple[bool, float]:
    score = answer.get("score")
    return ("error" in answer, -score if isinstance(score, float) else 1.0)
