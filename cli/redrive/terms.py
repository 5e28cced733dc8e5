"""What a redrive answers: how many letters or objects, and what became of the records that they tell of."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Redriven:
    """What became of records.

    Attributes:
        source: ``dlq`` or ``quarantine``.
        found: letters, or objects, that were looked at.
        settled: of them so many are done with, and gone.
        records: that they tell of.
        sent: went through their function, or onto the stream, again.
        from_lake: of them so many were put together from the lake, as the stream had forgotten them.
        rebuilt: items of window state that were made again from the lake.
        kept: records that are still refused: they stay where they are.
        lost: records that neither stream nor lake has.
        failed: records that their function refused again.
        dry_run: nothing was changed.
    """

    source: str
    found: int = 0
    settled: int = 0
    records: int = 0
    sent: int = 0
    from_lake: int = 0
    rebuilt: int = 0
    kept: int = 0
    lost: int = 0
    failed: int = 0
    dry_run: bool = False

    def failures(self) -> list[str]:
        """What is left to do, in words."""
        found = {
            f"{self.failed} records were refused by their function again: look at its log": self.failed,
            f"{self.lost} records are in neither stream nor lake: ask their producer": self.lost,
        }
        return [words for words, count in found.items() if count]
