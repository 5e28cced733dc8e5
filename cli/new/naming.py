"""What the names of columns say: their words, and which of some known words they hold."""

import re
from collections.abc import Sequence

_KEY_WORDS = ("id", "key", "no", "nr", "code", "uuid")


def words(name: str) -> list[str]:
    """The words of a column's name, in lower case: ``TX_Amount`` and ``txAmount`` are ``tx``, ``amount``."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return [it for it in re.split(r"[^a-z0-9]+", spaced.lower()) if it] or ["column"]


def is_key(name: str) -> bool:
    """Whether a name ends as those of ids do."""
    return words(name)[-1] in _KEY_WORDS


def rank(name: str, known: Sequence[str]) -> int:
    """Higher the earlier a known word is listed that the name is or holds; 0 if it holds none."""
    parts = words(name)
    joined = "_".join(parts)
    return next((len(known) - place for place, word in enumerate(known) if word in parts or word == joined), 0)
