"""What a rebuild is asked for, and what it answers: which items, and what became of them."""

from dataclasses import dataclass
from zlib import crc32


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Which items to make again: of one entity or all, of one key, of some or all, of one share of the keys.

    ``share`` (n, of) takes the keys whose checksum leaves n, so that several processes divide the work.
    """

    entity: str | None = None
    key: str | None = None
    keys: frozenset[str] | None = None
    share: tuple[int, int] = (0, 1)

    def takes(self, key: str) -> bool:
        """Whether a key is in it."""
        number, of = self.share
        if self.keys is not None and key not in self.keys:
            return False
        return self.key in (None, key) and crc32(key.encode()) % of == number


@dataclass(frozen=True, kw_only=True)
class Rebuilt:
    """What became of the items, by verdict.

    ``rebuilt`` were written anew, ``created`` had no item, ``unchanged`` were right. ``incomplete`` were left alone,
    because the lake lacks records that they hold; ``contested`` because something was folded at every attempt.
    ``partial`` and ``damaged`` is what was found before.
    """

    partial: int
    damaged: int
    rebuilt: int
    created: int
    unchanged: int
    incomplete: int
    contested: int

    def failures(self) -> list[str]:
        """What is left to do, in words."""
        found = {
            f"{self.incomplete} items hold records that the lake lacks": self.incomplete,
            f"{self.contested} items changed faster than they could be written": self.contested,
        }
        return [words for words, count in found.items() if count]
